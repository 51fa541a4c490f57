import { setTimeout as pause } from 'node:timers/promises';

/** A promise with the functions that settle it. */
export interface Deferred<T = void> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Creates a promise that the caller settles. A rejection that nobody awaits is not reported as unhandled. */
export function deferred<T = void>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> = { resolve() {}, reject() {} };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {});
  return {
    promise,
    resolve: (value) => settle.resolve(value),
    reject: (error) => settle.reject(error),
  };
}

/** Waits for conditions on state that changes by events: whoever changes the state calls `notify`. */
export class Changes {
  private readonly checks = new Set<() => void>();

  /** Checks every awaited condition again. */
  notify(): void {
    for (const check of this.checks) check();
  }

  /** Resolves once the condition holds: immediately, or after a later `notify`. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.checks.delete(check);
        resolve();
      };
      this.checks.add(check);
      check();
    });
  }
}

/** The pause between two looks in milliseconds: without one, they would take the processor from what they wait for. */
const POLL_MS = 10;

/** For state without events: reads it until it fulfills the condition, and resolves with it. */
export async function pollUntil<T>(read: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    await pause(POLL_MS);
  }
}

/** Settles like the promise. Rejects with the error that `onTimeout` returns if that takes longer than `milliseconds`. */
export async function withTimeout<T>(
  promise: Promise<T>,
  milliseconds: number,
  onTimeout: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Far longer than anything in a long run takes, in milliseconds. */
const HANG_MS = 45_000;

/** Settles like the promise. A long run that hangs fails with the name of the event that it waits for. */
export function expectSoon<T>(event: string, promise: Promise<T>, limitMs = HANG_MS): Promise<T> {
  return withTimeout(promise, limitMs, () => new Error(`Waited ${limitMs / 1000} s for ${event}`));
}
