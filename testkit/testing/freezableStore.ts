import { ChatError } from '../../src/domain/errors';
import type { ChatStore } from '../../src/stores/chatStore';
import { type Deferred, deferred, withTimeout } from '../waiting';

/** As soon as a database that hangs must be reported as away. */
const TIMEOUT_MS = 2_500;

/** A store whose database can be frozen, as a disk that hangs. */
export class FreezableStore {
  /** The store itself, which is never frozen. */
  inner: ChatStore | null = null;
  private thawed: Deferred | null = null;

  readonly wrap = (store: ChatStore): ChatStore => {
    this.inner = store;
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || name === 'close') return member;
        return (...args: unknown[]) => this.whenThawed(() => Reflect.apply(member, target, args));
      },
    });
  };

  setFrozen(isFrozen: boolean): void {
    if (!isFrozen) this.thawed?.resolve();
    this.thawed = isFrozen ? (this.thawed ?? deferred()) : null;
  }

  /** The call is made in any case: what a client was told to be unavailable may be stored later, as with a real disk. */
  private whenThawed(call: () => unknown): unknown {
    if (!this.thawed) return call();
    const result = this.thawed.promise.then(call);
    result.catch(() => {});
    return withTimeout(result, TIMEOUT_MS, () => new ChatError('UNAVAILABLE'));
  }
}
