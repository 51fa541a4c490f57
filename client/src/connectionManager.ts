import { Backoff, type BackoffOptions, Cancellation, sleep } from './backoff';
import type { ConnectionState } from './chatClient';
import { isRetryable, isTokenRejected, toChatClientError } from './chatClientError';
import { monotonicMs } from './environment';
import type { LoginManager } from './login';
import type { SocketConnection } from './socketConnection';

/**
 * The server announces a token's expiry 60 s ahead, or immediately if the token lives shorter. By then at most half of that time
 * has to pass before a renewal.
 */
const MAX_RENEWAL_DELAY_MS = 30_000;

export interface ConnectionDependencies {
  login: LoginManager;
  backoff: BackoffOptions;
  /** Opens a connection. Fails when it is canceled. */
  open(token: string, cancellation: Cancellation): Promise<SocketConnection>;
  onOpen(connection: SocketConnection): void;
  onStateChange(state: ConnectionState): void;
}

/** Keeps a connection to the server while a user is logged in. */
export class ConnectionManager {
  state: ConnectionState = 'offline';
  /** The open connection, if there is one. */
  connection: SocketConnection | null = null;
  /** Aborted by `stop`. */
  private run: Cancellation | null = null;
  private retryDelay = new Cancellation();
  private readonly waiting = new Set<(connection: SocketConnection) => void>();

  constructor(private readonly core: ConnectionDependencies) {}

  /** Connects, and reconnects whenever the connection is lost, until `stop` is called. */
  start(): void {
    if (this.run) return;
    this.run = new Cancellation();
    void this.keepConnected(this.run);
  }

  stop(): void {
    this.run?.cancel();
    this.run = null;
    const { connection } = this;
    this.update('offline', null);
    connection?.close();
    this.retryNow();
  }

  /** Ends the delay before the next attempt. */
  retryNow(): void {
    this.retryDelay.cancel();
  }

  /** Resolves with the open connection, or with the next one. */
  whenConnected(): Promise<SocketConnection> {
    if (this.connection) return Promise.resolve(this.connection);
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private async keepConnected(stop: Cancellation): Promise<void> {
    const backoff = new Backoff(this.core.backoff);
    this.update('connecting', null);
    while (!stop.isCanceled) {
      const { connection, retryAfterMs } = await this.attempt(stop);
      if (stop.isCanceled) return connection?.close();
      if (connection) await this.use(connection, stop, backoff);
      else this.update('offline', null);
      if (!stop.isCanceled) await this.waitBeforeRetry(backoff.nextDelay(retryAfterMs));
    }
  }

  /** Resolves when the connection is lost. */
  private async use(connection: SocketConnection, stop: Cancellation, backoff: Backoff): Promise<void> {
    const { backoff: options, login } = this.core;
    const openedAt = monotonicMs();
    this.publish(connection);
    const { byServer } = await connection.closed;
    if (stop.isCanceled) return;
    this.update('connecting', null);
    // A connection that is lost immediately counts as a failed attempt.
    if (monotonicMs() - openedAt > options.maxMs) backoff.reset();
    // The token or the login has ended. The refresh shows which.
    if (byServer) await login.renewToken(connection.token).catch(() => {});
  }

  private async attempt(
    stop: Cancellation,
  ): Promise<{ connection: SocketConnection | null; retryAfterMs?: number | undefined }> {
    const { login, open } = this.core;
    try {
      const token = await login.getToken();
      const connection = await open(token, stop).catch((error) => this.retryWithNewToken(token, error, stop));
      return { connection };
    } catch (error) {
      return { connection: null, retryAfterMs: toChatClientError(error).retryAfterMs };
    }
  }

  private async retryWithNewToken(
    token: string,
    error: unknown,
    stop: Cancellation,
  ): Promise<SocketConnection> {
    if (!isTokenRejected(error)) throw error;
    const { login, open } = this.core;
    return open(await login.renewToken(token), stop);
  }

  private publish(connection: SocketConnection): void {
    this.update('online', connection);
    const waiting = [...this.waiting];
    this.waiting.clear();
    this.core.onOpen(connection);
    for (const resolve of waiting) resolve(connection);
  }

  private async waitBeforeRetry(milliseconds: number): Promise<void> {
    this.retryDelay = new Cancellation();
    await sleep(milliseconds, this.retryDelay);
  }

  private update(state: ConnectionState, connection: SocketConnection | null): void {
    this.connection = connection;
    if (state === this.state) return;
    this.state = state;
    this.core.onStateChange(state);
  }
}

/** Authenticates the connection with a new token before the current one expires, so that it stays open. */
export async function renewConnectionToken(
  connection: SocketConnection,
  login: LoginManager,
  options: BackoffOptions,
): Promise<void> {
  const backoff = new Backoff(options);
  const { token, closing } = connection;
  const renewAt = login.current?.renewAt ?? 0;
  await sleep(Math.min(MAX_RENEWAL_DELAY_MS, Math.max(0, renewAt - Date.now())), closing);
  while (connection.isOpen && connection.token === token) {
    try {
      await connection.authenticate(await login.renewToken(token));
    } catch (error) {
      // The login has ended or was replaced. The next connection uses the stored login, if there is one.
      if (!isRetryable(error)) return connection.close();
      await sleep(backoff.nextDelay(error.retryAfterMs), closing);
    }
  }
}
