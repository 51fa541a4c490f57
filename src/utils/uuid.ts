import { V7Generator } from 'uuidv7';

/** Random words are fetched in batches, because a system call for each id would cost more than the id. */
const words = new Uint32Array(1_024);
let used = words.length;

function nextUint32(): number {
  if (used === words.length) {
    crypto.getRandomValues(words);
    used = 0;
  }
  const word = words[used] ?? 0;
  used += 1;
  return word;
}

const generator = new V7Generator({ nextUint32 });
// By default an id keeps the previous, later time for up to 10 s after the clock was set back.
generator.setRollbackAllowance(0);

/** Creates a UUIDv7 of this time, in milliseconds since 1970. Ids of the same or a later time sort after those created before. */
export function uuidv7(milliseconds = Date.now()): string {
  return textOf(generator.generateOrResetWithTs(milliseconds).bytes);
}

/** The text of the latest id. Joining its characters, as `toString` of the generator's ids does, makes as many strings. */
const text = Buffer.from('00000000-0000-7000-8000-000000000000', 'latin1');
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
/** Where the two digits of each byte begin. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

function textOf(bytes: Readonly<Uint8Array>): string {
  for (const [index, place] of PLACES.entries()) {
    const byte = bytes[index] ?? 0;
    text[place] = DIGITS[byte >>> 4] ?? 0;
    text[place + 1] = DIGITS[byte & 15] ?? 0;
  }
  return text.toString('latin1');
}

/** The time of a UUIDv7, in milliseconds since 1970. */
export function timeOfUuid(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** A random UUIDv7 that sorts closely after another one, with the same time unless the random part overflows. */
export function uuidv7After(id: string): string {
  const hex = id.replaceAll('-', '');
  // Without the bits of the version and the variant, the rest counts as one number.
  const time = BigInt(`0x${hex.slice(0, 12)}`);
  const randomA = BigInt(`0x${hex.slice(13, 16)}`);
  const randomB = BigInt(`0x${hex.slice(16)}`) & RANDOM_B_MASK;
  const next = ((((time << 12n) | randomA) << 62n) | randomB) + BigInt(nextUint32()) + 1n;
  const low = ((next & RANDOM_B_MASK) | VARIANT).toString(16);
  const high = (next >> 62n).toString(16).padStart(15, '0');
  return `${high.slice(0, 8)}-${high.slice(8, 12)}-7${high.slice(12)}-${low.slice(0, 4)}-${low.slice(4)}`;
}

const RANDOM_B_MASK = (1n << 62n) - 1n;
const VARIANT = 1n << 63n;
