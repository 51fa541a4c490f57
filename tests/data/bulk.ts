import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { newExchange, times } from '../../testkit/builders';
import { addUser } from '../contract/storeFixture';

const AT_ONCE = 500;
const CONTENT = 'as long as people write, and a little longer than that '.repeat(2);

/** Adds so many answered messages to sessions of one user, and returns the user's id. */
export async function addMany(store: ChatStore, exchanges: number, sessions = 10): Promise<string> {
  const { id } = await addUser(store);
  const sessionIds = times(sessions, () => randomUUID());
  for (let done = 0; done < exchanges; done += AT_ONCE) {
    const batch = times(Math.min(AT_ONCE, exchanges - done), (index) => {
      const sessionId = sessionIds[(done + index) % sessions] ?? '';
      return newExchange(id, sessionId, { content: CONTENT, clientMessageId: `${done + index}` });
    });
    await Promise.all(batch.map((exchange) => store.appendExchange(exchange)));
  }
  return id;
}
