import { documentedFetch } from '../support/documents/fetch';

/** A `fetch` that holds the first matching request or its response until `release` is called, or loses the request then. */
export function heldFetch(method: string, pathEnd: string, how: 'request' | 'answer' | 'loss') {
  const [reached, released, answered] = [signal(), signal(), signal()];
  let isHeld = false;
  const hold = () => {
    reached.give();
    return released.given;
  };
  const held: typeof fetch = async (input, init) => {
    if (isHeld || init?.method !== method || !String(input).endsWith(pathEnd)) {
      return documentedFetch(input, init);
    }
    isHeld = true;
    if (how !== 'answer') await hold();
    if (how === 'loss') throw new TypeError('the network is gone');
    const response = await documentedFetch(input, init);
    if (how === 'answer') await hold();
    answered.give();
    return response;
  };
  return { fetch: held, reached: reached.given, release: released.give, answered: answered.given };
}

/** A promise with its resolve function. */
function signal() {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
