import type { Message } from '../../src/domain/message';
import type { Api } from './api';
import type { OutgoingMessage } from './chatClient';
import type { Link } from './link';

/** A larger event may be over what the server takes, which then closes the connection without a word. */
const MAX_EVENT_BYTES = 60_000;

/** Sends a message once: over the link, or, where it is too large for that, over REST, which says why it refuses it. */
export async function transmit(link: Link, api: Api, outgoing: OutgoingMessage): Promise<Message> {
  const { sessionId, content, clientMessageId } = outgoing;
  const payload = { sessionId, content, clientMessageId };
  if (new TextEncoder().encode(JSON.stringify(payload)).length <= MAX_EVENT_BYTES) return link.send(payload);
  const { message } = await api.once<{ message: Message }>({
    method: 'POST',
    path: `/api/sessions/${encodeURIComponent(sessionId)}/messages`,
    body: { content, clientMessageId },
  });
  return message;
}
