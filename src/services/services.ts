import type { Responder } from '../responders/responder';
import type { ChatStore } from '../stores/chatStore';
import type { Clock } from '../utils/clock';
import type { Logger } from '../utils/logger';
import type { RateSettings, Rates, SharedCounter } from '../utils/rateLimiter';
import { AccountService } from './accountService';
import { AuthService } from './authService';
import { ExportService } from './exportService';
import { type ExternalTokenSettings, ExternalTokens } from './externalTokens';
import { type ChatHooks, MessageChecks, SessionAccess } from './hooks';
import { MessageService } from './messageService';
import { PasswordlessAccounts } from './passwordlessAccounts';
import { PasswordGuesses, type Passwords } from './passwords';
import type { Publisher } from './publisher';
import type { ReplyPeers } from './replies/replyQueue';
import { ReplyService } from './replies/replyService';
import { DailyTokens, type ReplyMeter } from './replies/usage';
import { SessionService } from './sessionService';
import { type TokenSettings, Tokens } from './tokens';

export interface ServiceSettings extends TokenSettings, RateSettings {
  /** Streamed replies made concurrently by this server, and for each user. */
  responderConcurrency: number;
  repliesPerUser: number;
  /** 0 is no limit. */
  tokensPerUserPerDay: number;
  refreshExpiresInMs: number;
  signUp: boolean;
  guests: boolean;
  externalAuth: ExternalTokenSettings | null;
}

/** The dependencies of the services. */
export interface ServiceDependencies {
  store: ChatStore;
  publisher: Publisher;
  responder: Responder;
  rates: Rates;
  logger: Logger;
  clock: Clock;
  peers?: ReplyPeers | undefined;
  /** Absent if this process alone counts wrong passwords. */
  attempts?: SharedCounter | undefined;
  replyMeter: ReplyMeter;
  passwords: Passwords;
  /** The limit of tokens was reached. */
  onTokensSpent(): void;
  replyRetryMs?: number | undefined;
  keysCooldownMs?: number | undefined;
  hooks?: ChatHooks | undefined;
}

/** All services, wired to each other. */
export type Services = ReturnType<typeof createServices>;

export function createServices(settings: ServiceSettings, dependencies: ServiceDependencies) {
  const { store, publisher, rates, clock, logger, hooks = {} } = dependencies;
  const access = new SessionAccess(hooks.authorize?.bind(hooks), store, logger, clock);
  const isChecked = hooks.onMessage !== undefined || hooks.authorize !== undefined;
  const checks = isChecked ? new MessageChecks({ hooks, access, store, logger }) : null;
  const guesses = new PasswordGuesses(rates.wrongPasswords, dependencies.attempts);
  const tokens = new Tokens(settings, clock);
  const { refreshExpiresInMs, signUp, guests, externalAuth } = settings;
  const { refreshes: refreshRate } = rates;
  const auth = new AuthService({
    ...dependencies,
    tokens,
    guesses,
    refreshRate,
    refreshExpiresInMs,
    signUp,
    guests,
    passwordless: new PasswordlessAccounts(store, clock),
    external:
      externalAuth &&
      new ExternalTokens({ ...externalAuth, keysCooldownMs: dependencies.keysCooldownMs }, logger, clock),
  });
  const { responderConcurrency: total, repliesPerUser: perUser } = settings;
  const { replyMeter: meter } = dependencies;
  const replies = new ReplyService({ ...dependencies, meter, replyLimits: { total, perUser } });
  const account = new AccountService({ ...dependencies, auth, guesses, replies });
  const sessions = new SessionService(store, publisher, rates.messages, clock, replies, access);
  // Only the requests of streaming responders are counted.
  const isLimited = settings.tokensPerUserPerDay > 0 && dependencies.responder.kind === 'streaming';
  const dailyTokens = isLimited
    ? new DailyTokens(store, settings.tokensPerUserPerDay, clock, dependencies.onTokensSpent)
    : null;
  const messages = new MessageService({ ...dependencies, replies, dailyTokens, checks, access });
  const exports = new ExportService({ ...dependencies, access });
  return { auth, account, sessions, messages, exports, replies };
}
