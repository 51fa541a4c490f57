export interface PageListener {
  /** The network has come back, or somebody looks at the page again: it is worth trying at once. */
  isWorthTrying(): void;
  /** The browser says that the network has gone. */
  networkHasGone(): void;
  /** The page is closed, or left. */
  isLeft(): void;
}

/** Tells of what happens to the page, where there is one; returns how to stop that. */
export function watchPage({ isWorthTrying, networkHasGone, isLeft }: PageListener): () => void {
  if (typeof window === 'undefined') return () => {};
  const watching = new AbortController();
  const { signal } = watching;
  const look = () => document.visibilityState === 'visible' && isWorthTrying();
  window.addEventListener('online', isWorthTrying, { signal });
  window.addEventListener('offline', networkHasGone, { signal });
  window.addEventListener('pagehide', isLeft, { signal });
  document.addEventListener('visibilitychange', look, { signal });
  return () => watching.abort();
}
