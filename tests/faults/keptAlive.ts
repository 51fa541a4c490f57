import { once } from 'node:events';
import { Agent, request as openRequest } from 'node:http';
import { text } from 'node:stream/consumers';

export interface KeptAliveAnswer {
  status: number | undefined;
  /** The error code of a problem. */
  code: unknown;
  /** True if it arrived over the connection of an earlier response. */
  isReused: boolean;
}

/** Sends requests one after the other over one connection, until the server closes it. */
export class KeptAliveConnection {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async ask(method: string, path: string, body?: object): Promise<KeptAliveAnswer> {
    const headers = { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' };
    const call = openRequest(`${this.url}${path}`, { agent: this.agent, method, headers });
    const response = once(call, 'response');
    call.end(body && JSON.stringify(body));
    const [answer] = await response;
    const { code } = { code: undefined, ...JSON.parse(await text(answer)) };
    return { status: answer.statusCode, code, isReused: call.reusedSocket };
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Begins a request. The server has accepted it and waits for its body. */
export async function beginRequest(url: string, path: string, token: string, body: object) {
  const content = JSON.stringify(body);
  const call = openRequest(`${url}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(content),
      Expect: '100-continue',
    },
  });
  // A caller that never sends the body ignores that the connection is closed in the end.
  call.on('error', () => {});
  call.flushHeaders();
  await once(call, 'continue');
  return {
    async finish(): Promise<number | undefined> {
      const response = once(call, 'response');
      call.end(content);
      const [answer] = await response;
      answer.resume();
      return answer.statusCode;
    },
  };
}
