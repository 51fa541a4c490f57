import { accountCalls } from './accountCalls';
import type { ChatClient, ChatClientOptions } from './chatClient';
import { Parts } from './parts';
import { randomId } from './randomId';
import { sessionCalls } from './sessionCalls';

/**
 * Makes a client of one server. If its storage has a login, it connects at once, and sends what an earlier client has left in
 * the outbox.
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const parts = new Parts(options);
  const { login, connection, outbox, subscriptions, listeners } = parts;
  parts.begin();
  return {
    get user() {
      return login.user;
    },
    get connection() {
      return connection.state;
    },
    get outbox() {
      return outbox.messages;
    },
    ...accountCalls(parts),
    ...sessionCalls(parts),
    async send(sessionId, content, { clientMessageId = randomId() } = {}) {
      login.look();
      return outbox.send({ sessionId, clientMessageId, content, createdAt: new Date().toISOString() });
    },
    subscribe: (sessionId, subscriber) => subscriptions.open(sessionId, subscriber),
    on: (event, listener) => listeners.on(event, listener),
    close: () => parts.close(),
  };
}
