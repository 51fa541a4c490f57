import type { ChatStore } from '../../src/stores/chatStore';
import { deferred } from '../../testkit/waiting';

type Call = Exclude<keyof ChatStore, 'close'>;
type Run = () => Promise<unknown>;

/** A call to the store that waits for the test. */
export interface Hold {
  /** Resolves once the call is held: it has come in, or, where its result is held, the store has answered or failed. */
  reached: Promise<void>;
  release(): void;
  /** The caller gets this error instead. Where the call itself is held, the store never gets it. */
  fail(error: Error): void;
}

/**
 * Stands between a server and its real store. Each call that a test has asked for is held until the test releases it; all others
 * pass unchanged. It knows no method by its parameters or result.
 */
export class HeldStore {
  private readonly plans = new Map<string, ((run: Run) => Promise<unknown>)[]>();

  /** For `startTestServer`. */
  readonly wrap = (store: ChatStore): ChatStore =>
    new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): Promise<unknown> => {
          const run: Run = () => Reflect.apply(method, target, args);
          return this.plans.get(String(name))?.shift()?.(run) ?? run();
        };
      },
    });

  /** Holds the next call that no earlier hold takes: before the store gets it, or when the store has its result. */
  hold(call: Call, what: 'call' | 'result'): Hold {
    const reached = deferred();
    const released = deferred();
    const plans = this.plans.get(call) ?? [];
    this.plans.set(call, plans);
    plans.push(async (run) => {
      const result = what === 'result' ? run() : null;
      await result?.catch(() => {});
      reached.resolve();
      await released.promise;
      return result ?? run();
    });
    return { reached: reached.promise, release: released.resolve, fail: released.reject };
  }

  /** The next call fails, and the store never gets it. */
  failNext(call: Call, error: Error): void {
    this.hold(call, 'call').fail(error);
  }
}
