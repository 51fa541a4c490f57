import { TOKEN_WARNING_MS } from '../domain/limits';
import type { AuthService } from '../services/authService';
import { type Clock, timestampOf } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { loginRoom } from './rooms';
import type { ChatServer, ChatSocket } from './transport';

/** How often the expiry of all tokens is checked, in milliseconds. */
const TOKEN_CHECK_MS = 1_000;
/** How often the logins of all sockets are looked up in the database. The contract says at least every 30 s. */
const LOGIN_CHECK_MS = 20_000;
const LOGINS_PER_QUERY = 500;
/** How long the logins of admitted sockets are collected, in milliseconds: many sockets that connect at once share a query. */
const ADMITTED_CHECK_MS = 50;

/** Disconnects sockets whose token has expired or whose login was revoked, no matter by which server. */
export class LoginMonitor {
  private readonly timers: NodeJS.Timeout[];
  /** The logins of sockets that were admitted since the last query for such logins. */
  private admitted: string[] = [];
  private admittedCheck: NodeJS.Timeout | null = null;

  constructor(
    private readonly io: ChatServer,
    private readonly auth: Pick<AuthService, 'findEndedLogins'>,
    private readonly logger: Logger,
    private readonly clock: Clock,
    loginCheckMs: number = LOGIN_CHECK_MS,
  ) {
    this.timers = [
      setInterval(() => this.checkTokens(), TOKEN_CHECK_MS).unref(),
      setInterval(() => void this.checkAll(), loginCheckMs).unref(),
    ];
  }

  /** Checks a socket that was just admitted: its login may have been revoked during the handshake. */
  watch(socket: ChatSocket): void {
    this.checkToken(socket, this.clock());
    this.admitted.push(socket.data.identity.loginId);
    this.admittedCheck ??= setTimeout(() => this.checkAdmitted(), ADMITTED_CHECK_MS).unref();
  }

  /** Looks up the logins of all sockets now. Resolves with false if that failed. */
  checkAll(): Promise<boolean> {
    return this.checkLogins(this.connectedLogins());
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    if (this.admittedCheck) clearTimeout(this.admittedCheck);
  }

  private checkAdmitted(): void {
    const { admitted } = this;
    this.admitted = [];
    this.admittedCheck = null;
    void this.checkLogins(admitted);
  }

  private checkTokens(): void {
    const now = this.clock();
    for (const socket of this.io.sockets.sockets.values()) this.checkToken(socket, now);
  }

  private checkToken(socket: ChatSocket, now: number): void {
    const { tokenExpiry } = socket.data.identity;
    const remaining = tokenExpiry - now;
    if (remaining <= 0) {
      socket.disconnect(true);
    } else if (remaining <= TOKEN_WARNING_MS && socket.data.warnedAbout !== tokenExpiry) {
      socket.data.warnedAbout = tokenExpiry;
      socket.emit('token-expiring', { expiresAt: timestampOf(tokenExpiry) });
    }
  }

  private connectedLogins(): string[] {
    const sockets = this.io.sockets.sockets.values();
    return [...new Set(Array.from(sockets, ({ data }) => data.identity.loginId))];
  }

  /** If the database is unavailable, sockets stay connected until the next check. */
  private async checkLogins(loginIds: readonly string[]): Promise<boolean> {
    try {
      for (let start = 0; start < loginIds.length; start += LOGINS_PER_QUERY) {
        const ended = await this.auth.findEndedLogins(loginIds.slice(start, start + LOGINS_PER_QUERY));
        for (const loginId of ended) this.io.in(loginRoom(loginId)).disconnectSockets(true);
      }
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'login check failed');
      return false;
    }
  }
}
