import {
  ERROR_CATALOGUE,
  type ErrorCode,
  type FieldError,
  type Problem,
  problemType,
} from '../domain/errors';
import type { Draft, DraftDelta, Message } from '../domain/message';
import { EMPTY_SESSION, type Session } from '../domain/session';
import type { AuthResult, LoginOverview, User } from '../domain/user';

/** The values that the examples of both documents use: one user who says hello. */

export const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMWEyIn0.c2lnbmF0dXJl';
export const REFRESH_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJyZWZyZXNoIjoxfQ.c2lnbmF0dXJl';
export const PASSWORD = 'securepassword123';
export const EXPIRES_AT = '2026-11-25T10:30:00.000Z';
const REQUEST_ID = '018493ee-f9d4-44b3-a933-234d221bf62c';

export const USER: User = {
  id: '01a210ba-80e6-72d8-9634-64ca2a0bec93',
  username: 'johndoe',
  email: 'john@example.com',
  createdAt: '2026-11-25T09:30:00.412Z',
  updatedAt: '2026-11-25T09:30:00.412Z',
};

export const AUTH_RESULT: AuthResult = {
  user: USER,
  token: TOKEN,
  expiresAt: EXPIRES_AT,
  refreshToken: REFRESH_TOKEN,
};

export const GUEST_RESULT: AuthResult = {
  ...AUTH_RESULT,
  user: { ...USER, username: 'guest-k7rqm2xd', email: null },
};

export const LOGIN: LoginOverview = {
  id: '01a210ba-80e8-7d79-b2ee-3fd2cf6aa96b',
  createdAt: '2026-11-25T09:30:00.412Z',
  lastUsedAt: '2026-11-25T09:30:00.412Z',
  expiresAt: '2026-12-25T09:30:00.412Z',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
  ip: '203.0.113.7',
  current: true,
};

export const NEW_SESSION: Session = {
  id: 'e10d87b8-4c1f-4f2a-9d0e-6f1f7c0c3b5a',
  userId: USER.id,
  name: null,
  createdAt: '2026-11-25T09:31:00.020Z',
  ...EMPTY_SESSION,
};

export const SESSION: Session = {
  ...NEW_SESSION,
  name: 'Hello, server!',
  lastMessageAt: '2026-11-25T09:31:07.914Z',
  lastSeq: 2,
  readSeq: 2,
  pinned: true,
  preview: 'Hello, server!',
};

export const MESSAGE: Message = {
  messageId: '01a210ba-810a-7af1-965b-6ec4dca628fe',
  sessionId: SESSION.id,
  seq: 1,
  sender: 'user',
  content: 'Hello, server!',
  timestamp: '2026-11-25T09:31:07.914Z',
  clientMessageId: 'phone-0001',
};

export const REPLY: Message = {
  messageId: '01a210ba-810b-7252-ade9-6b0a032bb926',
  sessionId: SESSION.id,
  seq: 2,
  sender: 'server',
  content: 'Hello, server!',
  timestamp: '2026-11-25T09:31:07.914Z',
  replyTo: MESSAGE.messageId,
};

export const STOPPED_REPLY: Message = { ...REPLY, content: 'Hello', finish: 'stopped', model: 'llama3.2' };

export const DRAFT: Draft = {
  replyTo: MESSAGE.messageId,
  variant: 1,
  attempt: 1,
  text: 'Hello, ser',
  state: 'writing',
};

export const DELTA: DraftDelta = { sessionId: SESSION.id, ...DRAFT, at: 7, text: 'ser' };

const INVALID_FIELD: FieldError = { field: 'content', message: 'must not be blank' };

/** The failure of an event with this code. The text is the catalogue's, except for the codes that carry details. */
export function failureExample(code: ErrorCode) {
  const { detail } = ERROR_CATALOGUE[code];
  if (code === 'VALIDATION_FAILED') {
    return { message: `${INVALID_FIELD.field} ${INVALID_FIELD.message}.`, errors: [INVALID_FIELD] };
  }
  if (code === 'RATE_LIMITED') return { message: 'Too many messages. Try again in 50 ms.', retryAfterMs: 50 };
  return { message: detail };
}

/** The REST response with this code to a request for this path. */
export function problemExample(code: ErrorCode, instance: string): Problem {
  const { status, title } = ERROR_CATALOGUE[code];
  const { message: detail, errors } = failureExample(code);
  return {
    type: problemType(code),
    title,
    status,
    detail,
    instance,
    code,
    ...(errors && { errors }),
    requestId: REQUEST_ID,
  };
}
