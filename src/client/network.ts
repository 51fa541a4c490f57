/**
 * Tells when it is worth trying at once, because the network has come back or somebody looks at the page again, and when the
 * browser says that the network has gone. Returns how to stop that.
 */
export function watchNetwork(isWorthTrying: () => void, hasGone: () => void): () => void {
  if (typeof window === 'undefined') return () => {};
  const look = () => document.visibilityState === 'visible' && isWorthTrying();
  window.addEventListener('online', isWorthTrying);
  window.addEventListener('offline', hasGone);
  document.addEventListener('visibilitychange', look);
  return () => {
    window.removeEventListener('online', isWorthTrying);
    window.removeEventListener('offline', hasGone);
    document.removeEventListener('visibilitychange', look);
  };
}
