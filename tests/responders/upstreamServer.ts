import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface ReceivedRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Resolves when the connection closes before the response has ended. */
  hungUp: Promise<void>;
}

export type Script = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

const open: { close(): void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A service that answers each request as the script says, and records the requests. It is closed after the test. */
export async function startUpstream(script: Script) {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const hungUp = once(response, 'close').then(() => {});
    const body = await text(request);
    const received = { path: request.url ?? '', headers: request.headers, body, hungUp };
    requests.push(received);
    await script(response, received);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}/v1`, requests };
}

/** The text of an event with this data. */
export function event(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** The event of a chunk of a chat completion. */
export function chunk(delta: object, finish: string | null = null): string {
  return event({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] });
}

/** Starts a stream and sends these texts. */
export function stream(response: ServerResponse, ...texts: string[]): ServerResponse {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.flushHeaders();
  for (const each of texts) response.write(each);
  return response;
}
