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

/** Creates a UUIDv7. Ids of one process sort in the order of their creation. */
export function uuidv7(): string {
  return generator.generate().toString();
}
