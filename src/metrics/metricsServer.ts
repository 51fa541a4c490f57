import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { KEEP_ALIVE_MS } from '../utils/httpListener';
import type { PrometheusMeter } from './prometheusMeter';

type Scrape = Pick<PrometheusMeter, 'scrape' | 'contentType'>;

/** Serves `GET /metrics` on a listener of its own. Rejects with the system's error, such as `EADDRINUSE`. */
export function serveMetrics(port: number, host: string, metrics: Scrape): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, respondWith(metrics));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function respondWith({ scrape, contentType }: Scrape): RequestListener {
  const send = (response: ServerResponse, status: number, text: string) =>
    response.writeHead(status, { 'Content-Type': contentType }).end(text);
  return (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      send(response, 404, 'The metrics are at GET /metrics.\n');
      return;
    }
    scrape().then(
      (text) => send(response, 200, text),
      (error: unknown) => send(response, 500, `The metrics could not be collected: ${error}\n`),
    );
  };
}
