/** Runs the application's code, whose failures are its own: they surface as uncaught errors and disturb nothing here. */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Who listens to which event; `E` names the events and what each of them carries. */
export class Listeners<E> {
  private readonly byEvent: { [K in keyof E]?: Set<{ listener: (value: E[K]) => void }> } = {};

  /** Returns how to stop listening. */
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
