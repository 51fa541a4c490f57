/** Calls the application's code. Its errors surface as uncaught errors and don't interrupt the client. */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** The event listeners of a client. `E` maps the name of each event to its value. */
export class Listeners<E> {
  private readonly byEvent: { [K in keyof E]?: Set<{ listener: (value: E[K]) => void }> } = {};

  /** Returns a function that removes the listener. */
  on<K extends keyof E>(event: K, listener: (value: E[K]) => void): () => void {
    const listeners = this.byEvent[event] ?? new Set();
    this.byEvent[event] = listeners;
    const entry = { listener };
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  emit<K extends keyof E>(event: K, value: E[K]): void {
    for (const { listener } of [...(this.byEvent[event] ?? [])]) callListener(() => listener(value));
  }
}
