import { V7Generator } from 'uuidv7';

/** Random words fetched at once: a call of the operating system for every id would cost more than the id. */
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

/** Makes a UUIDv7: ids that this process makes later sort after those it made before. */
export function uuidv7(): string {
  return generator.generate().toString();
}
