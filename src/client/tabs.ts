type Topic = 'login' | 'outbox';

/**
 * The pages that share a storage. They only tell each other to look into it again, so that one that hears nothing is late
 * but never wrong.
 */
export interface Tabs {
  /** Tells the others that something in the storage has changed. */
  tell(topic: Topic): void;
  /** Does the work while no other page does the same, where the browser can hold them apart. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

/** `name` is the same for all that share a storage. */
export function joinTabs(name: string, heard: (topic: Topic) => void): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  // Node.js would not end while a channel is open.
  if (channel && 'unref' in channel && typeof channel.unref === 'function') channel.unref();
  channel?.addEventListener('message', ({ data }) => {
    if (data === 'login' || data === 'outbox') heard(data);
  });
  return {
    tell: (topic) => channel?.postMessage(topic),
    alone: (work) =>
      typeof navigator !== 'undefined' && 'locks' in navigator ? navigator.locks.request(name, work) : work(),
    close: () => channel?.close(),
  };
}
