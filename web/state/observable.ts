import { useEffect, useReducer } from 'preact/hooks';

/** A value that tells when it is replaced. */
export class Observable<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  /** Calls the listener after every change from now on; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** The value of an observable; the component renders again whenever it changes. */
export function useObservable<T>(observable: Observable<T>): T {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const rendered = observable.value;
  useEffect(() => {
    const look = () => renderAgain(undefined);
    // It may have changed between the rendering and now.
    if (!Object.is(rendered, observable.value)) look();
    return observable.subscribe(look);
  }, [observable]);
  return rendered;
}
