import type { ChatStore } from '../../src/stores/chatStore';
import type { Random } from '../../testkit/random';

/** Waits for a random number of microtasks or event-loop turns, often for none. */
async function randomDelay(random: Random): Promise<void> {
  const step = random.pick([
    () => Promise.resolve(),
    () => new Promise<void>((resolve) => process.nextTick(resolve)),
    () => new Promise<void>((resolve) => setImmediate(resolve)),
  ]);
  for (let count = random.between(0, 4); count > 0; count -= 1) await step();
}

/**
 * Delays every call of a store, and every result, for a random time. Whatever is done after an `await` of a result then happens in a
 * random order. The argument can be wrapped several times, as a server with several decorators does.
 */
export function delayedStore(random: Random): (store: ChatStore) => ChatStore {
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]): Promise<unknown> => {
          await randomDelay(random);
          const result: unknown = await Reflect.apply(method, target, args);
          await randomDelay(random);
          return result;
        };
      },
    });
}
