import { Agent, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Words } from './words';

export interface HttpRequest {
  method: string;
  path: string;
  headers: Words;
  body: Buffer | null;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** Sends requests that no ordinary client would, over connections that are kept. */
export class HttpSender {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly port: number;

  constructor(url: string) {
    this.port = Number(new URL(url).port);
  }

  async send(input: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.attempt(input, this.agent);
    } catch (error) {
      if (!isReset(error)) throw error;
      // A server may close a kept connection while the next request is on its way.
      return this.attempt(input, undefined);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private attempt(
    { method, path, headers, body }: HttpRequest,
    agent: Agent | undefined,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: this.port, method, path, headers: withLength(headers, body), agent },
        (response) => {
          buffer(response).then(
            (content) =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                text: content.toString(),
              }),
            reject,
          );
        },
      );
      sent.on('error', reject);
      sent.end(body ?? undefined);
    });
  }
}

function withLength(headers: Words, body: Buffer | null): Words {
  return body ? { ...headers, 'Content-Length': String(body.length) } : headers;
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
