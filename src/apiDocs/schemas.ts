import { ERROR_CATALOGUE, type ErrorCode, type FieldError, type Problem } from '../domain/errors';
import type { ErrorEvent, EventFailure, JoinTarget, SendPayload } from '../domain/events';
import { MAX_PREVIEW_LENGTH, MAX_REPLY_BYTES, NAME_FROM_CONTENT, REQUEST_ID_PATTERN } from '../domain/limits';
import type { Draft, Message, MessagePage } from '../domain/message';
import type { Session, SessionPage } from '../domain/session';
import type { AuthResult, LoginOverview, User } from '../domain/user';
import {
  clientMessageId,
  content,
  email,
  givenUuid,
  jwt,
  replaces,
  sessionName,
  time,
  username,
  uuid,
} from './fieldSchemas';
import {
  described,
  flag,
  type JsonSchema,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type SchemaOf,
  text,
  wholeNumber,
} from './jsonSchema';

/** The types that both documents list by name under `components.schemas`. */
interface NamedTypes {
  User: User;
  AuthResult: AuthResult;
  LoginOverview: LoginOverview;
  Session: Session;
  SessionPage: SessionPage;
  Message: Message;
  Draft: Draft;
  MessagePage: MessagePage;
  JoinTarget: JoinTarget;
  SendPayload: SendPayload;
  Problem: Problem;
  EventFailure: EventFailure;
  ErrorEvent: ErrorEvent;
  FieldError: FieldError;
}

const PREFIX = '#/components/schemas/';

/** Refers to a named schema. */
export function ref<N extends keyof NamedTypes>(name: N): SchemaOf<NamedTypes[N]> {
  return { $ref: `${PREFIX}${name}` };
}

/** The session id in an event: an unknown one creates the session. */
export const targetSessionId = givenUuid(
  'The id of the session. An id that does not exist yet creates the session.',
);

const code = oneOf(
  Object.keys(ERROR_CATALOGUE).filter(isErrorCode),
  'The error, for programs. The meaning of a code never changes.',
);
export const draftState = oneOf(
  ['asking', 'thinking', 'writing', 'waiting', 'failed'],
  'The model was asked, it reasons, its text arrives, it failed before its first text and will be asked again, or nothing more comes: a ' +
    'regenerated reply has failed or was stopped, and the message keeps the replies that it has.',
);
const replyError = object<NonNullable<Message['error']>>('Why a reply has failed.', {
  code: oneOf(
    ['RESPONDER_BUSY', 'RESPONDER_FAILED', 'CONTEXT_TOO_LONG'],
    'The responder was overloaded or could not be reached; it failed in another way, or in mid-text; or the message is too ' +
      'long for the model.',
  ),
});
export const draftError = described(replyError, 'With `state: "failed"`, unless the user has stopped it.');
const errors = list(ref('FieldError'), 'With `VALIDATION_FAILED`: the invalid fields.');
const failure = {
  code,
  message: text('What is wrong and what to do, for people.'),
  errors: optional(errors),
  retryAfterMs: optional(
    wholeNumber('With `RATE_LIMITED`: how long to wait, in milliseconds.', { minimum: 0 }),
  ),
};

const NAMED_SCHEMAS: { readonly [N in keyof NamedTypes]: SchemaOf<NamedTypes[N]> } = {
  User: object<User>('A person with an account.', {
    id: uuid('The id of the user.'),
    username,
    email: nullable(
      described(
        email,
        `${email.description} Null for guests, and for users of another service without a verified one.`,
      ),
    ),
    createdAt: time('When the account was created.'),
    updatedAt: time('When the account was last changed.'),
  }),

  AuthResult: object<AuthResult>('A login: its user and its two tokens.', {
    user: ref('User'),
    token: jwt(
      'The access token. Send it as `Authorization: Bearer <token>`, and as `auth.token` of a socket.',
    ),
    expiresAt: time('When `token` expires.'),
    refreshToken: jwt('Exchange it, once, at `POST /api/auth/refresh` for the next pair of tokens.'),
  }),

  LoginOverview: object<LoginOverview>('A device on which the user is logged in.', {
    id: uuid('The id of the login.'),
    createdAt: time('When the user logged in.'),
    lastUsedAt: time('When the device last logged in or refreshed its tokens.'),
    expiresAt: time('When the refresh token expires.'),
    userAgent: nullable(text('The `User-Agent` of the device.')),
    ip: nullable(text('The address from which the user logged in.')),
    current: flag('True for the login that makes this request.'),
  }),

  Session: object<Session>("A conversation of one user with the server, on all of the user's devices.", {
    id: uuid('The id of the session.'),
    userId: uuid('The user who owns the session.'),
    name: nullable(
      described(
        sessionName,
        `Set by the user, or the start of the first message on one line: up to ${NAME_FROM_CONTENT.graphemes} characters ` +
          `as people see them, such as a letter with its accents, and ${NAME_FROM_CONTENT.codePoints} code points. ` +
          'Null until there is either.',
      ),
    ),
    createdAt: time('When the session was created.'),
    lastMessageAt: nullable(time('The time of the latest message. Null before the first one.')),
    lastSeq: wholeNumber('The `seq` of the latest message. 0 before the first one.', { minimum: 0 }),
    readSeq: wholeNumber(
      'The user has read the messages up to this `seq`, on any device: at most `lastSeq`, and never decreasing. A message of the user ' +
        'marks itself and all before it as read. The session has unread messages if `lastSeq` is larger.',
      { minimum: 0 },
    ),
    pinned: flag('Whether the user has pinned the session. It does not change the order of the list.'),
    archived: flag('Whether the user has archived the session. The next message of the user ends it.'),
    preview: nullable(
      text(
        `The start of the latest message on one line: up to ${MAX_PREVIEW_LENGTH} code points. Each run of white space, also of line ` +
          'breaks, is one space, and control characters are left out. Null before the first message.',
        { maxLength: MAX_PREVIEW_LENGTH },
      ),
    ),
  }),

  SessionPage: object<SessionPage>('Sessions, most recent activity first.', {
    sessions: list(ref('Session'), 'The sessions of this page.'),
    nextCursor: nullable(
      text(
        'Pass it as `cursor` to get the next page. Null on the last page. The last pages also contain the sessions that were active ' +
          'since the first page, oldest activity first: merge the pages by `id`.',
      ),
    ),
  }),

  Message: object<Message>('A stored message, the same over REST and sockets.', {
    messageId: uuid('A UUIDv7: ids sort by the time of the message.'),
    sessionId: uuid('The session of the message.'),
    seq: wholeNumber('The sequence number in the session: 1, 2, 3 … without gaps.', { minimum: 1 }),
    sender: oneOf(['user', 'server'], 'Who wrote the message.'),
    content: text(
      'The text, exactly as it was sent, or the reply: up to ' +
        `${MAX_REPLY_BYTES.toLocaleString('en-US')} bytes of UTF-8, empty only with \`finish\`.`,
    ),
    timestamp: time('When the server received the message.'),
    clientMessageId: optional(clientMessageId),
    replyTo: optional(uuid('For a message of the server: the `messageId` of the message it replies to.')),
    finish: optional(
      oneOf(
        ['stopped', 'length', 'filtered', 'failed'],
        'Why a reply is not complete: the user stopped it, it reached the length limit, a content filter of the provider cut it off, ' +
          'or it failed. Absent for a complete reply.',
      ),
    ),
    error: optional(described(replyError, 'Why a reply has failed, with `finish: "failed"`.')),
    model: optional(text('The name of the model that wrote the reply.')),
    variant: optional(
      wholeNumber('For a reply that was regenerated: 2, 3 … Absent for the first reply to a message.', {
        minimum: 2,
      }),
    ),
    replaces: optional(
      uuid(
        'For a message of the user that is an edited version of an earlier one: the `messageId` of that one.',
      ),
    ),
  }),

  Draft: object<Draft>(
    'A reply that is being made. Its final text is stored as a message, which replaces it.',
    {
      replyTo: uuid('The `messageId` of the user message.'),
      variant: wholeNumber('1 for the first reply to the message.', { minimum: 1 }),
      attempt: wholeNumber('Counts the requests for this reply. A new attempt begins with an empty text.', {
        minimum: 1,
      }),
      text: text('The text so far.'),
      state: draftState,
      error: optional(draftError),
    },
  ),

  MessagePage: object<MessagePage>('Messages, ascending by `seq`.', {
    messages: list(ref('Message'), 'The messages of this page.'),
    hasMore: flag('Whether there are more messages in the requested direction.'),
  }),

  JoinTarget: object<JoinTarget>('A session and the last message that the client has.', {
    sessionId: targetSessionId,
    after: optional(
      wholeNumber('The last `seq` that the client has, or 0. The ack then contains the messages after it.', {
        minimum: 0,
      }),
    ),
  }),

  SendPayload: object<SendPayload>('A message to send.', {
    sessionId: targetSessionId,
    content,
    clientMessageId: optional(clientMessageId),
    replaces: optional(replaces),
  }),

  Problem: object<Problem>('Why a request failed (RFC 9457), as `application/problem+json`.', {
    type: text('The kind of problem, as a URN.', { pattern: '^urn:smart-chat-server:problem:[a-z-]+$' }),
    title: text('The kind of problem, for people.'),
    status: wholeNumber('The HTTP status.', { minimum: 400, maximum: 599 }),
    detail: text('What is wrong and what to do, for people.'),
    instance: text('The path of the request.', { pattern: '^[^?]+$' }),
    code,
    errors: optional(errors),
    requestId: text("The value of `X-Request-Id`. It is also in the server's log.", {
      pattern: REQUEST_ID_PATTERN,
    }),
  }),

  EventFailure: object<EventFailure>('Why an event failed.', failure),

  ErrorEvent: object<ErrorEvent>('Why an event that was sent without an ack failed.', {
    ...failure,
    event: text('The name of the event that failed.'),
    clientMessageId: optional(
      described(clientMessageId, 'The `clientMessageId` of the message that was not stored.'),
    ),
  }),

  FieldError: object<FieldError>('An invalid field.', {
    field: text('The name of the field.'),
    message: text('What is required, phrased to follow the name of the field.'),
  }),
};

function isErrorCode(name: string): name is ErrorCode {
  return name in ERROR_CATALOGUE;
}

/** The named schemas that a part of a document refers to, directly or through others. */
export function schemasUsedBy(part: unknown): Record<string, JsonSchema> {
  const used = new Set<string>();
  collectNames(part, used);
  return Object.fromEntries(Object.entries(NAMED_SCHEMAS).filter(([name]) => used.has(name)));
}

function collectNames(part: unknown, used: Set<string>): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    const name = key === '$ref' ? schemaName(value) : undefined;
    if (name === undefined) collectNames(value, used);
    else if (!used.has(name)) {
      used.add(name);
      collectNames(Object.entries(NAMED_SCHEMAS).find(([each]) => each === name)?.[1], used);
    }
  }
}

function schemaName(reference: unknown): string | undefined {
  return typeof reference === 'string' && reference.startsWith(PREFIX)
    ? reference.slice(PREFIX.length)
    : undefined;
}
