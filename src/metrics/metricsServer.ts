import { createServer, type Server } from 'node:http';
import { type Metric, toText } from './metric';

const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Answers `GET /metrics` on a listener of its own, with what the metrics tell at that moment. Rejects with the system's error,
 * such as `EADDRINUSE`.
 */
export function serveMetrics(port: number, host: string, metrics: readonly Metric[]): Promise<Server> {
  const server = createServer((request, response) => {
    const isKnown = request.method === 'GET' && request.url === '/metrics';
    response.writeHead(isKnown ? 200 : 404, { 'Content-Type': TEXT_FORMAT });
    response.end(isKnown ? toText(metrics) : 'The metrics are at GET /metrics.\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
