import { randomUUID } from 'node:crypto';
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import type { AuthResult } from '../src/domain/login';
import type { MessagePage } from '../src/domain/message';
import { documentedFetch } from '../tests/support/documents/fetch';
import { type ClientSocket, documented } from '../tests/support/documents/socket';

export type { ClientSocket };

/** One user of a server that comes and goes. */
export class Account {
  private constructor(
    readonly url: string,
    readonly login: AuthResult,
  ) {}

  static async signUp(url: string): Promise<Account> {
    const username = `u${randomUUID().replaceAll('-', '').slice(0, 20)}`;
    const response = await documentedFetch(`${url}/api/auth/signup`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, email: `${username}@example.com`, password: 'correct horse battery' }),
    });
    if (response.status !== 201) throw new Error(`signup answered ${response.status}`);
    return new Account(url, await readJson<AuthResult>(response));
  }

  /** A socket that connects again by itself, as fast as a test wants it. */
  socket(options: Partial<ManagerOptions & SocketOptions> = {}): ClientSocket {
    return documented(
      io(this.url, {
        auth: { token: this.login.token },
        transports: ['websocket'],
        forceNew: true,
        reconnectionDelay: 20,
        reconnectionDelayMax: 100,
        timeout: 5_000,
        ...options,
      }),
    );
  }

  request(path: string, body?: object): Promise<Response> {
    return documentedFetch(`${this.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { Authorization: `Bearer ${this.login.token}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** The whole history of a session, page by page. */
  async history(sessionId: string): Promise<MessagePage['messages']> {
    const messages: MessagePage['messages'] = [];
    for (let hasMore = true; hasMore; ) {
      const after = messages.at(-1)?.seq ?? 0;
      const response = await this.request(`/api/sessions/${sessionId}/messages?after=${after}&limit=100`);
      if (response.status !== 200) throw new Error(`the history answered ${response.status}`);
      const page = await readJson<MessagePage>(response);
      messages.push(...page.messages);
      hasMore = page.hasMore;
    }
    return messages;
  }
}

/** The body, as what the server is known to send. */
export async function readJson<T>(response: Response): Promise<T> {
  const { value }: { value: T } = { value: JSON.parse(await response.text()) };
  return value;
}
