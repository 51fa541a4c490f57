/** `loading`: the first load is in progress, or no user is logged in. `failed`: `error` has the reason; each new connection loads again. */
export type LoadStatus = 'loading' | 'ready' | 'failed';

/** A value that follows the server while it has listeners. `get` returns the same object until the value changes. */
export interface Live<T> {
  get(): T;
  /** The listener is called after each change. Returns a function that removes it. */
  subscribe(listener: () => void): () => void;
  /** The value before anything is loaded, for pages that are rendered on a server. */
  readonly initial: T;
}

/** A live value that starts with its first listener and stops after its last one. */
export abstract class LiveState<T> implements Live<T> {
  private readonly listeners = new Set<() => void>();
  private stopFollowing: (() => void) | null = null;

  protected constructor(
    readonly initial: T,
    private current: T = initial,
  ) {}

  get isRunning(): boolean {
    return this.stopFollowing !== null;
  }

  // Passed to frameworks without the object.
  readonly get = (): T => this.read(this.current);

  readonly subscribe = (listener: () => void): (() => void) => {
    // One for each call, even if the same function subscribes twice.
    const notify = () => listener();
    this.listeners.add(notify);
    this.scheduleFollowing();
    return () => {
      this.listeners.delete(notify);
      this.scheduleFollowing();
    };
  };

  /** Follows the server. Returns a function that stops it. */
  protected abstract follow(): () => void;

  /** What `get` returns instead of the current value, if that is outdated. */
  protected read(current: T): T {
    return current;
  }

  protected get value(): T {
    return this.current;
  }

  protected set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  protected update(change: Partial<T>): void {
    this.set({ ...this.current, ...change });
  }

  /** React's StrictMode removes listeners and adds them again at once, which must not start anything twice. */
  private scheduleFollowing(): void {
    void Promise.resolve().then(() => {
      if (this.listeners.size > 0) {
        this.stopFollowing ??= this.follow();
        return;
      }
      this.stopFollowing?.();
      this.stopFollowing = null;
    });
  }
}
