import { uuidv7 } from 'uuidv7';
import type { ChatStore } from '../../src/stores/chatStore';
import type { SeededSession, SeedInput } from './kit';

/** The time between two exchanges, in milliseconds. */
const STEP_MS = 60_000;

/** Creates sessions with messages of the past, every one with its reply. */
export async function seedSessions(
  store: ChatStore,
  userId: string,
  { sessions = 1, messages = 10 }: SeedInput,
  now: number,
): Promise<SeededSession[]> {
  const seeded: SeededSession[] = [];
  const start = now - (sessions * messages + 1) * STEP_MS;
  for (let index = 0; index < sessions; index += 1) {
    const id = uuidv7();
    const name = `Session ${index + 1}`;
    const at = (exchange: number) => new Date(start + (index * messages + exchange) * STEP_MS).toISOString();
    await store.openSession({ id, userId, name, createdAt: at(0) });
    const session: SeededSession = { id, name, messages: [] };
    for (let exchange = 1; exchange <= messages; exchange += 1) {
      const timestamp = at(exchange);
      const stored = await store.appendExchange({
        userId,
        sessionId: id,
        message: { messageId: uuidv7(), content: `Message ${exchange}`, timestamp },
        reply: { messageId: uuidv7(), content: `Reply ${exchange}`, timestamp },
      });
      if (stored) session.messages.push(stored.message, ...(stored.reply ? [stored.reply] : []));
    }
    seeded.push(session);
  }
  return seeded;
}
