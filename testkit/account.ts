import { randomUUID } from 'node:crypto';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { ClientToServerEvents, ServerToClientEvents } from '../src/domain/events';
import type { MessagePage } from '../src/domain/message';
import type { AuthResult } from '../src/domain/user';

export type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** The password of every account that `Account.signUp` creates. */
export const PASSWORD = 'correct horse battery';

/** The login of an account that was created with an email. */
export type SignedUp = AuthResult & { user: { email: string } };

/** Hooks through which a caller observes the traffic of an account. */
export interface AccountOptions {
  /** Performs the REST calls in place of the global `fetch`. */
  fetch?: typeof fetch;
  /** Receives each socket before it connects. */
  onSocket?: (socket: ClientSocket) => void;
}

/** A user of a running server, with one login. */
export class Account {
  private constructor(
    readonly url: string,
    readonly login: SignedUp,
    private readonly options: AccountOptions,
  ) {}

  /** Creates an account with a unique name. */
  static async signUp(url: string, options: AccountOptions = {}): Promise<Account> {
    const { fetch = globalThis.fetch } = options;
    const username = `u${randomUUID().replaceAll('-', '').slice(0, 20)}`;
    const response = await fetch(`${url}/api/auth/signup`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, email: `${username}@example.com`, password: PASSWORD }),
    });
    if (response.status !== 201) throw new Error(`The sign-up was answered with status ${response.status}`);
    return new Account(url, await readJson<SignedUp>(response), options);
  }

  /** The same login at another address. */
  at(url: string): Account {
    return new Account(url, this.login, this.options);
  }

  /** Another login of the same user. */
  async logIn(): Promise<Account> {
    const { username } = this.login.user;
    const response = await this.request('/api/auth/login', { username, password: PASSWORD });
    if (response.status !== 200) throw new Error(`The login was answered with status ${response.status}`);
    return new Account(this.url, await readJson<SignedUp>(response), this.options);
  }

  /** A connecting socket of this login. It reconnects by itself, with delays short enough for tests. */
  socket(options: Partial<ManagerOptions & SocketOptions> = {}): ClientSocket {
    const socket: ClientSocket = io(this.url, {
      auth: { token: this.login.token },
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      timeout: 5_000,
      ...options,
    });
    this.options.onSocket?.(socket);
    return socket;
  }

  /** A REST call of this login: by default a POST if there is a body, else a GET. */
  request(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<Response> {
    const { fetch = globalThis.fetch } = this.options;
    return fetch(`${this.url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.login.token}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** All messages of a session, read page by page. */
  async history(sessionId: string): Promise<MessagePage['messages']> {
    const messages: MessagePage['messages'] = [];
    for (let hasMore = true; hasMore; ) {
      const after = messages.at(-1)?.seq ?? 0;
      const response = await this.request(`/api/sessions/${sessionId}/messages?after=${after}&limit=100`);
      if (response.status !== 200) throw new Error(`The history was answered with status ${response.status}`);
      const page = await readJson<MessagePage>(response);
      messages.push(...page.messages);
      hasMore = page.hasMore;
    }
    return messages;
  }
}

/** Parses the body of a response whose type the caller knows. */
export async function readJson<T>(response: Response): Promise<T> {
  const { value }: { value: T } = { value: JSON.parse(await response.text()) };
  return value;
}
