import { Backoff, pause, type Waits } from './backoff';
import type { ConnectionState } from './chatClient';
import { ChatClientError } from './chatClientError';
import type { Link } from './link';
import type { Login } from './login';

export interface ConnectionDependencies {
  login: Login;
  waits: Waits;
  /** Gives up when the signal is aborted. */
  open(token: string, givenUp: AbortSignal): Promise<Link>;
  /** Called with every new link. */
  opened(link: Link): void;
  changed(state: ConnectionState): void;
}

/** Keeps a link to the server for as long as somebody is logged in. */
export class Connection {
  state: ConnectionState = 'offline';
  /** The link, if there is one. */
  link: Link | null = null;
  /** Aborted when it is stopped. */
  private run: AbortController | null = null;
  private pausing = new AbortController();
  private readonly waiting = new Set<(link: Link) => void>();

  constructor(private readonly dependencies: ConnectionDependencies) {}

  /** Connects, and connects again whenever the link is lost, until it is stopped. */
  start(): void {
    if (this.run) return;
    this.run = new AbortController();
    void this.keepLinked(this.run.signal);
  }

  stop(): void {
    this.run?.abort();
    this.run = null;
    const { link } = this;
    this.enter('offline', null);
    link?.close();
    this.hurry();
  }

  /** Tries at once instead of waiting longer. */
  hurry(): void {
    this.pausing.abort();
  }

  /** The link, as soon as there is one. */
  linked(): Promise<Link> {
    if (this.link) return Promise.resolve(this.link);
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private async keepLinked(run: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.dependencies.waits);
    this.enter('connecting', null);
    while (!run.aborted) {
      const { link, retryAfterMs } = await this.attempt(run);
      if (run.aborted) return link?.close();
      if (link) await this.use(link, run, backoff);
      else this.enter('offline', null);
      if (!run.aborted) await this.pauseFor(backoff.next(retryAfterMs));
    }
  }

  /** Resolves when the link is lost. */
  private async use(link: Link, run: AbortSignal, backoff: Backoff): Promise<void> {
    const { waits, login } = this.dependencies;
    const openedAt = Date.now();
    this.welcome(link);
    const { byServer } = await link.closed;
    if (run.aborted) return;
    this.enter('connecting', null);
    // One that is lost as soon as it is there is no success.
    if (Date.now() - openedAt > waits.longest) backoff.reset();
    // The token or the login has ended: the refresh token tells which.
    if (byServer) await login.renew(link.token).catch(() => {});
  }

  private async attempt(run: AbortSignal): Promise<{ link: Link | null; retryAfterMs?: number }> {
    const { login, open } = this.dependencies;
    try {
      const token = await login.token();
      return { link: await open(token, run).catch((error) => this.afterRefusal(token, error, run)) };
    } catch (error) {
      const wait = error instanceof ChatClientError ? error.retryAfterMs : undefined;
      return { link: null, ...(wait !== undefined && { retryAfterMs: wait }) };
    }
  }

  /** Tries once more if it was for the token that the link was refused. */
  private async afterRefusal(token: string, error: unknown, run: AbortSignal): Promise<Link> {
    const { login, open } = this.dependencies;
    const code = error instanceof ChatClientError ? error.code : null;
    if (code !== 'TOKEN_EXPIRED' && code !== 'UNAUTHENTICATED') throw error;
    return open(await login.renew(token), run);
  }

  private welcome(link: Link): void {
    this.enter('online', link);
    const waiting = [...this.waiting];
    this.waiting.clear();
    this.dependencies.opened(link);
    for (const resolve of waiting) resolve(link);
  }

  private async pauseFor(milliseconds: number): Promise<void> {
    this.pausing = new AbortController();
    await pause(milliseconds, this.pausing.signal);
  }

  private enter(state: ConnectionState, link: Link | null): void {
    this.link = link;
    if (state === this.state) return;
    this.state = state;
    this.dependencies.changed(state);
  }
}
