import type { Server } from 'node:http';

/** Prints where a server of the benchmark listens, as `startProcess` expects it. */
export function announce(listener: Server): void {
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.stdout.write(`listens on http://127.0.0.1:${port}\n`);
}
