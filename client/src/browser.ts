import { sleep } from './backoff';

/** `login` and `outbox`: the stored value has changed. `closed`: a tab is closing and no longer sends its messages. */
export type TabEvent = 'login' | 'outbox' | 'closed';

const TAB_EVENTS: readonly unknown[] = ['login', 'outbox', 'closed'] satisfies TabEvent[];
/** Browsers run tabs in separate processes, so another tab may read a stored value late. The lock is held that much longer. */
const STORAGE_DELAY_MS = 100;

/**
 * The tabs that share a storage. Events carry no data: a tab that receives one reads the storage again. So a tab that misses an
 * event is outdated for a while, but never wrong.
 */
export interface Tabs {
  notify(event: TabEvent): void;
  /** Runs the task while no other tab runs one, if the browser supports locks. */
  runExclusive<T>(task: () => Promise<T>): Promise<T>;
  close(): void;
}

/** The key of a stored value. Changes of it cause the event of the same name. */
export function storageKey(name: string, event: 'login' | 'outbox'): string {
  return `${name} ${event}`;
}

/** Joins the tabs that use the same name. */
export function joinTabs(name: string, onEvent: (event: TabEvent) => void): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  // An open channel would keep Node.js running.
  if (channel && 'unref' in channel && typeof channel.unref === 'function') channel.unref();
  channel?.addEventListener('message', ({ data }) => {
    if (TAB_EVENTS.includes(data)) onEvent(data);
  });
  const stopWatching = watchStorage(name, onEvent);
  let isOpen = channel !== null;
  return {
    notify(event) {
      // After close, for example during a logout, the other tabs notice the change when they next read the storage.
      if (isOpen) channel?.postMessage(event);
    },
    runExclusive: (task) => (hasLocks() ? runLocked(name, task) : task()),
    close() {
      isOpen = false;
      stopWatching();
      channel?.close();
    },
  };
}

/** The channel's message can arrive before the change is visible. The browser's `storage` event comes when it is. */
function watchStorage(name: string, onEvent: (event: TabEvent) => void): () => void {
  if (typeof window === 'undefined') return () => {};
  const controller = new AbortController();
  const onStorage = ({ key }: StorageEvent) => {
    if (key === null || key === storageKey(name, 'login')) onEvent('login');
    if (key === null || key === storageKey(name, 'outbox')) onEvent('outbox');
  };
  window.addEventListener('storage', onStorage, { signal: controller.signal });
  return () => controller.abort();
}

/** Locks exist only in secure contexts (HTTPS and localhost). */
function hasLocks(): boolean {
  return typeof navigator !== 'undefined' && 'locks' in navigator;
}

function runLocked<T>(name: string, task: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const runTask = async () => {
      await task().then(resolve, reject);
      await sleep(STORAGE_DELAY_MS);
    };
    navigator.locks.request(name, runTask).catch(reject);
  });
}

export interface PageListener {
  /** The network is back or the page is visible again, so a connection attempt is likely to succeed. */
  onAvailable(): void;
  /** The browser has detected that the network is lost. */
  onOffline(): void;
  /** The page is being closed or left. */
  onHide(): void;
}

/** Listens to the page, if there is one. Returns a function that stops it. */
export function watchPage({ onAvailable, onOffline, onHide }: PageListener): () => void {
  if (typeof window === 'undefined') return () => {};
  const controller = new AbortController();
  const { signal } = controller;
  const onVisibility = () => document.visibilityState === 'visible' && onAvailable();
  window.addEventListener('online', onAvailable, { signal });
  window.addEventListener('offline', onOffline, { signal });
  window.addEventListener('pagehide', onHide, { signal });
  document.addEventListener('visibilitychange', onVisibility, { signal });
  return () => controller.abort();
}
