import { pause } from './backoff';

/** What has changed in the storage; or that a page is closed, and sends nothing any more. */
export type Topic = 'login' | 'outbox' | 'left';

const TOPICS: readonly unknown[] = ['login', 'outbox', 'left'] satisfies Topic[];
/** Another page may see what was stored a moment later than it may work: browsers keep pages in processes of their own. */
const SETTLE_MS = 100;

/**
 * The pages that share a storage. They only tell each other to look into it again, so that one that hears nothing is late
 * but never wrong.
 */
export interface Tabs {
  tell(topic: Topic): void;
  /** Does the work while no other page does the same, where the browser can hold them apart. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

/** What is stored of a topic is stored under this key. */
export function storageKey(name: string, topic: 'login' | 'outbox'): string {
  return `${name} ${topic}`;
}

/** `name` is the same for all that share a storage. */
export function joinTabs(name: string, heard: (topic: Topic) => void): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  // Node.js would not end while a channel is open.
  if (channel && 'unref' in channel && typeof channel.unref === 'function') channel.unref();
  channel?.addEventListener('message', ({ data }) => {
    if (TOPICS.includes(data)) heard(data);
  });
  const stopWatching = watchStorage(name, heard);
  let isOpen = channel !== null;
  return {
    tell(topic) {
      // What goes on after the end, such as a logout, is not told any more: others see it when they look.
      if (isOpen) channel?.postMessage(topic);
    },
    alone: (work) => (hasLocks() ? workLocked(name, work) : work()),
    close() {
      isOpen = false;
      stopWatching();
      channel?.close();
    },
  };
}

/** The browser's own event comes when the change can be seen, which is after the channel has told of it, or before. */
function watchStorage(name: string, heard: (topic: Topic) => void): () => void {
  if (typeof window === 'undefined') return () => {};
  const watching = new AbortController();
  const look = ({ key }: StorageEvent) => {
    if (key === null || key === storageKey(name, 'login')) heard('login');
    if (key === null || key === storageKey(name, 'outbox')) heard('outbox');
  };
  window.addEventListener('storage', look, { signal: watching.signal });
  return () => watching.abort();
}

/** Only pages that came over HTTPS, or from this machine, have them. */
function hasLocks(): boolean {
  return typeof navigator !== 'undefined' && 'locks' in navigator;
}

function workLocked<T>(name: string, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const workAndSettle = async () => {
      await work().then(resolve, reject);
      await pause(SETTLE_MS);
    };
    navigator.locks.request(name, workAndSettle).catch(reject);
  });
}
