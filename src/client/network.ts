/** Tells when the browser says that the network has come or gone; returns how to stop that. */
export function watchNetwork(came: () => void, went: () => void): () => void {
  if (typeof window === 'undefined') return () => {};
  window.addEventListener('online', came);
  window.addEventListener('offline', went);
  return () => {
    window.removeEventListener('online', came);
    window.removeEventListener('offline', went);
  };
}
