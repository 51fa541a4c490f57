import { ChatError } from '../domain/errors';
import { content, ownProperty, parseFields } from '../domain/fields';
import { EMPTY_SESSION, type Session } from '../domain/session';
import { isBlank, toLine } from '../domain/text';
import { publicUser, type User } from '../domain/user';
import type { MessageStore, SessionStore, UserStore } from '../stores/chatStore';
import { type Clock, timestampOf, untilAborted } from '../utils/clock';
import type { Logger } from '../utils/logger';

/** How long a hook may take, in milliseconds. */
const HOOK_TIMEOUT_MS = 2_000;

/**
 * What users do with a session: `create` it; `read` it and its messages, join it, mark it as read or export it; `send`, edit, stop or
 * regenerate in it; `change` its name, pin or archive; `delete` it.
 */
export type SessionAction = 'create' | 'read' | 'send' | 'change' | 'delete';

/** A message that is about to be stored. */
export interface MessageDraft {
  readonly userId: string;
  readonly sessionId: string;
  readonly content: string;
  readonly clientMessageId?: string;
  /** The `messageId` of the message that it is an edited version of. */
  readonly replaces?: string;
}

/** The codes with which a hook can refuse a message. After any of them, clients don't send it again. */
const REFUSAL_CODES = ['FORBIDDEN', 'VALIDATION_FAILED', 'CONFLICT'] as const;

export interface MessageRefusal {
  code: (typeof REFUSAL_CODES)[number];
  /** For the user: what is wrong and what to do. */
  message: string;
}

/** What becomes of a message: nothing returned stores it as it is. */
export type MessageDecision = { content: string } | { refuse: MessageRefusal } | null | undefined;

/**
 * Functions of the app that the server calls. Each may take 2 s. If one throws or returns anything invalid, the request fails with
 * `INTERNAL`; if it takes longer, with `UNAVAILABLE`. Then nothing is stored.
 */
export interface ChatHooks {
  /**
   * Called once for each message and each edit before it is stored, and not for a repeated `clientMessageId`. It may replace the content or
   * refuse the message. Several messages are checked concurrently, and those of a session are stored in the order in which they arrived.
   */
  onMessage?(draft: MessageDraft): MessageDecision | Promise<MessageDecision>;
  /**
   * Whether the user may do this in a session of their own. Anything but true is a no, which clients get as `FORBIDDEN`. A session to
   * `create` has its id, its name and no messages. Lists of sessions and the export of the account are not asked about.
   */
  authorize?(user: User, action: SessionAction, session: Session): boolean | Promise<boolean>;
}

/** Awaits the result of a hook. Throws `INTERNAL` if it failed and `UNAVAILABLE` if it takes too long. */
async function callHook<T>(
  name: keyof ChatHooks,
  logger: Logger,
  sessionId: string,
  call: () => T | Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(HOOK_TIMEOUT_MS);
  try {
    return await untilAborted(signal, call());
  } catch (cause) {
    if (!signal.aborted) throw new ChatError('INTERNAL', { cause: new Error(`${name} failed`, { cause }) });
    logger.error({ hook: name, sessionId }, 'hook timed out');
    throw new ChatError('UNAVAILABLE', {
      detail: 'The check of this request took too long. Try again shortly.',
    });
  }
}

/** Asks the app whether a user may do something in a session. Without `authorize`, everything is allowed. */
export class SessionAccess {
  constructor(
    private readonly authorize: ChatHooks['authorize'],
    private readonly store: Pick<SessionStore, 'findSession'> & Pick<UserStore, 'findUser'>,
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  /** Throws `FORBIDDEN`. A session that the user doesn't have is left to the operation, which finds nothing. */
  async require(userId: string, action: SessionAction, sessionId: string): Promise<void> {
    if (!this.authorize) return;
    const session = await this.store.findSession(userId, sessionId);
    if (session) await this.ask(userId, action, session);
  }

  /** Before a session is read, or created if the user doesn't have it. Throws `FORBIDDEN`. */
  async requireOpen(userId: string, id: string, name: string | null): Promise<void> {
    if (!this.authorize) return;
    const found = await this.store.findSession(userId, id);
    if (found) await this.ask(userId, 'read', found);
    else await this.ask(userId, 'create', this.newSession(userId, id, name));
  }

  /** Before a message is sent, which creates the session if it doesn't exist. Throws `FORBIDDEN`. */
  async requireSend(userId: string, sessionId: string): Promise<void> {
    if (!this.authorize) return;
    const found = await this.store.findSession(userId, sessionId);
    const session = found ?? this.newSession(userId, sessionId, null);
    if (!found) await this.ask(userId, 'create', session);
    await this.ask(userId, 'send', session);
  }

  private async ask(userId: string, action: SessionAction, session: Session): Promise<void> {
    const user = await this.store.findUser(userId);
    if (!user) throw new ChatError('UNAUTHENTICATED');
    const answer = await callHook('authorize', this.logger, session.id, () =>
      this.authorize?.(publicUser(user), action, session),
    );
    if (answer !== true)
      throw new ChatError('FORBIDDEN', { detail: 'You are not allowed to do this in this session.' });
  }

  private newSession(userId: string, id: string, name: string | null): Session {
    return { id, userId, name, createdAt: timestampOf(this.clock()), ...EMPTY_SESSION };
  }
}

export interface MessageChecksDependencies {
  hooks: ChatHooks;
  access: SessionAccess;
  store: Pick<MessageStore, 'hasClientMessage'>;
  logger: Logger;
}

/** The messages of one session that are being checked. */
interface Lane {
  pending: number;
  /** Ends when the latest message has been passed on or refused. */
  turn: Promise<void>;
  /** By `clientMessageId`: settles when the message is stored or has failed. */
  sent: Map<string, Promise<unknown>>;
}

/** Has each message checked by the hooks before it is stored. */
export class MessageChecks {
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly dependencies: MessageChecksDependencies) {}

  /**
   * Calls `store` with the message as it is to be stored. Messages of a session are checked concurrently, but passed on in the order of
   * the calls. A repeat is passed on without a check. Rejects as `store` does, and as the hooks decide.
   */
  async run<D extends MessageDraft, T>(draft: D, store: (checked: D) => Promise<T>): Promise<T> {
    const { userId, sessionId, clientMessageId } = draft;
    const key = `${userId} ${sessionId}`;
    const lane = this.lanes.get(key) ?? { pending: 0, turn: Promise.resolve(), sent: new Map() };
    this.lanes.set(key, lane);
    lane.pending += 1;
    const stored = this.storeInTurn(draft, lane, store);
    if (clientMessageId !== undefined) lane.sent.set(clientMessageId, stored);
    try {
      return await stored;
    } finally {
      lane.pending -= 1;
      if (lane.pending === 0) this.lanes.delete(key);
      if (clientMessageId !== undefined && lane.sent.get(clientMessageId) === stored)
        lane.sent.delete(clientMessageId);
    }
  }

  private async storeInTurn<D extends MessageDraft, T>(
    draft: D,
    lane: Lane,
    store: (checked: D) => Promise<T>,
  ): Promise<T> {
    const before = lane.turn;
    let endTurn = () => {};
    lane.turn = new Promise((resolve) => {
      endTurn = resolve;
    });
    const checking = this.check(draft, lane.sent);
    // Awaited below, after the messages before this one.
    checking.catch(() => {});
    try {
      await before;
      const checked = await checking;
      // Not awaited: the next message follows as soon as this one is passed on.
      return store(checked);
    } finally {
      endTurn();
    }
  }

  private async check<D extends MessageDraft>(draft: D, sent: Lane['sent']): Promise<D> {
    const { hooks, access, logger } = this.dependencies;
    if (await this.isRepeat(draft, sent)) return draft;
    await access.requireSend(draft.userId, draft.sessionId);
    if (!hooks.onMessage) return draft;
    const decision = await callHook('onMessage', logger, draft.sessionId, async () =>
      readDecision(await hooks.onMessage?.(toMessageDraft(draft))),
    );
    if (decision instanceof ChatError) throw decision;
    return { ...draft, ...decision };
  }

  /** A message with the same id that is being checked or stored may still fail. */
  private async isRepeat({ userId, sessionId, clientMessageId: id }: MessageDraft, sent: Lane['sent']) {
    if (id === undefined) return false;
    await sent.get(id)?.catch(() => {});
    return this.dependencies.store.hasClientMessage(userId, sessionId, id);
  }
}

function toMessageDraft({
  userId,
  sessionId,
  content,
  clientMessageId,
  replaces,
}: MessageDraft): MessageDraft {
  return Object.freeze({
    userId,
    sessionId,
    content,
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(replaces !== undefined && { replaces }),
  });
}

/** Returns the refusal, or what replaces the fields of the message. Throws if the app has returned anything else. */
function readDecision(decision: unknown): ChatError | { content?: string } {
  if (decision === undefined || decision === null) return {};
  const refusal = ownProperty(decision, 'refuse');
  if (refusal === undefined) return parseFields({ content }, decision);
  const code = REFUSAL_CODES.find((each) => each === ownProperty(refusal, 'code'));
  const message = ownProperty(refusal, 'message');
  if (code === undefined)
    throw new TypeError(`the code of a refusal must be one of ${REFUSAL_CODES.join(', ')}`);
  if (typeof message !== 'string' || isBlank(message))
    throw new TypeError('the message of a refusal must be a text');
  return new ChatError(code, { detail: toLine(message) });
}
