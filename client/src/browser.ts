import { sleep } from './backoff';
import { environment } from './environment';

/** `login` and `outbox`: the stored value has changed. `closed`: a tab is closing and no longer sends its messages. */
export type TabEvent = 'login' | 'outbox' | 'closed';

const TAB_EVENTS: readonly unknown[] = ['login', 'outbox', 'closed'] satisfies TabEvent[];
/** Browsers run tabs in separate processes, so another tab may read a stored value late. The lock is held that much longer. */
const STORAGE_DELAY_MS = 100;
/**
 * How long a tab waits for the lock, in milliseconds. With `REFRESH_TIMEOUT_MS` it is longer than `REFRESH_REPLAY_MS`, but the wait ends
 * early when the other tab gets its response, and the server counts from that tab's first use of it.
 */
const LOCK_WAIT_MS = 3_000;

/**
 * The tabs that share a storage. Events carry no data: a tab that receives one reads the storage again. So a tab that misses an
 * event is outdated for a while, but never wrong.
 */
export interface Tabs {
  notify(event: TabEvent): void;
  /** Runs the task while no other tab runs one, if the browser supports locks. A tab that takes too long is not waited for. */
  runExclusive<T>(task: () => Promise<T>): Promise<T>;
  close(): void;
}

/** The key of a stored value. Changes of it cause the event of the same name. */
export function storageKey(name: string, event: 'login' | 'outbox'): string {
  return `${name} ${event}`;
}

/** Joins the tabs that use the same name. */
export function joinTabs(name: string, onEvent: (event: TabEvent) => void): Tabs {
  const channel = environment.BroadcastChannel ? new environment.BroadcastChannel(name) : null;
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
    runExclusive: (task) => runLocked(name, task),
    close() {
      isOpen = false;
      stopWatching();
      channel?.close();
    },
  };
}

/** The channel's message can arrive before the change is visible. The browser's `storage` event comes when it is. */
function watchStorage(name: string, onEvent: (event: TabEvent) => void): () => void {
  return listen(environment, 'storage', (event) => {
    const key = 'key' in event ? event.key : null;
    if (key === null || key === storageKey(name, 'login')) onEvent('login');
    if (key === null || key === storageKey(name, 'outbox')) onEvent('outbox');
  });
}

/** The target of events in a browser. Elsewhere it may exist without them. */
interface EventSource {
  addEventListener?: ((event: string, listener: (event: object) => void) => void) | undefined;
  removeEventListener?: ((event: string, listener: (event: object) => void) => void) | undefined;
}

/** Listens where there are such events. Returns a function that stops it. */
function listen(
  target: EventSource | undefined,
  event: string,
  listener: (event: object) => void,
): () => void {
  if (typeof target?.addEventListener !== 'function') return () => {};
  target.addEventListener(event, listener);
  return () => target.removeEventListener?.(event, listener);
}

/**
 * Runs a task while no other tab runs one, or after `LOCK_WAIT_MS` in any case: the other tab may be frozen. Without locks it runs at
 * once. Locks exist only in secure contexts (HTTPS and localhost).
 */
function runLocked<T>(name: string, task: () => Promise<T>): Promise<T> {
  const locks = environment.navigator?.locks;
  if (!locks) return task();
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), LOCK_WAIT_MS);
    const runTask = async () => {
      clearTimeout(timer);
      await task().then(resolve, reject);
    };
    const holdLock = async () => {
      await runTask();
      await sleep(STORAGE_DELAY_MS);
    };
    // Rejects if the wait has timed out, or if the page may not use locks. Then the task has not been started.
    locks.request(name, { signal: waiting.signal }, holdLock).catch(runTask);
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
  const { document } = environment;
  const stops = [
    listen(environment, 'online', onAvailable),
    listen(environment, 'offline', onOffline),
    listen(environment, 'pagehide', onHide),
    listen(document, 'visibilitychange', () => {
      if (document?.visibilityState === 'visible') onAvailable();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
