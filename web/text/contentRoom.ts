import { MAX_CONTENT_BYTES } from '../../src/domain/limits';

/** From this share of the room on it is worth a word. */
const WORTH_SAYING = 0.8;

const encoder = new TextEncoder();

/** How much room a message leaves, in bytes as the server counts them. `text` is null while there is plenty. */
export function roomFor(content: string): { isOver: boolean; text: string | null } {
  const left = MAX_CONTENT_BYTES - encoder.encode(content).length;
  if (left < 0) {
    return { isOver: true, text: `Too long by about ${count(-left)}. Shorten it, or send it in parts.` };
  }
  const isWorthSaying = left < MAX_CONTENT_BYTES * (1 - WORTH_SAYING);
  return { isOver: false, text: isWorthSaying ? `Room for about ${count(left)} more` : null };
}

function count(bytes: number): string {
  return bytes === 1 ? '1 character' : `${bytes.toLocaleString('en')} characters`;
}
