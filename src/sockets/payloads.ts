import type { JoinTarget, SendPayload, StopPayload } from '../domain/events';
import {
  clientMessageId,
  content,
  optional,
  ownProperty,
  parseFields,
  seq,
  text,
  uuid,
} from '../domain/fields';

const leaveFields = { sessionId: uuid };
const authenticateFields = { token: text };
const joinFields = { sessionId: uuid, after: optional(seq) };
const stopFields = { sessionId: uuid, replyTo: uuid };
const messageFields = { sessionId: uuid, content, clientMessageId: optional(clientMessageId) };

/** The payload of `leave-session`. Throws `VALIDATION_FAILED`. */
export function parseSessionId(payload: unknown): string {
  return parseFields(leaveFields, { sessionId: payload }).sessionId;
}

/** The payload of `authenticate`. Throws `VALIDATION_FAILED`. */
export function parseToken(payload: unknown): string {
  return parseFields(authenticateFields, { token: payload }).token;
}

/** The payload of `join-session`. Throws `VALIDATION_FAILED`. */
export function parseJoinTarget(payload: unknown): JoinTarget {
  return parseFields(joinFields, typeof payload === 'string' ? { sessionId: payload } : payload);
}

/** The payload of `stop-reply`. Throws `VALIDATION_FAILED`. */
export function parseStop(payload: unknown): StopPayload {
  return parseFields(stopFields, payload);
}

/** The payload of `message`. Throws `VALIDATION_FAILED`. */
export function parseSending(payload: unknown): SendPayload {
  return parseFields(messageFields, payload);
}

/** Returns the payload's `clientMessageId` if it is valid, so that an error can name the message it is about. */
export function clientMessageIdOf(payload: unknown): string | undefined {
  const parsed = clientMessageId.parse(ownProperty(payload, 'clientMessageId'));
  return 'value' in parsed ? parsed.value : undefined;
}
