import type { FieldError } from '../domain/errors';
import type { JoinTarget, SendPayload } from '../domain/events';
import {
  clientMessageId,
  content,
  type FieldRule,
  seq,
  storableText,
  uuid,
  validationFailed,
} from '../domain/fields';

/** The payload of `leave-session`. Throws `VALIDATION_FAILED`. */
export function parseSessionId(payload: unknown): string {
  const reader = new PayloadReader({ sessionId: payload });
  const sessionId = reader.text('sessionId', uuid);
  reader.finish();
  return sessionId;
}

/** The payload of `authenticate`. Throws `VALIDATION_FAILED`. */
export function parseToken(payload: unknown): string {
  const reader = new PayloadReader({ token: payload });
  const token = reader.text('token', storableText);
  reader.finish();
  return token;
}

/** The payload of `join-session`. Throws `VALIDATION_FAILED`. */
export function parseJoinTarget(payload: unknown): JoinTarget {
  if (typeof payload === 'string') return { sessionId: parseSessionId(payload) };
  const reader = new PayloadReader(payload);
  const sessionId = reader.text('sessionId', uuid);
  const after = reader.optional('after', () => reader.number('after', seq));
  reader.finish();
  return { sessionId, ...(after !== undefined && { after }) };
}

/** The payload of `message`. Throws `VALIDATION_FAILED`. */
export function parseSending(payload: unknown): SendPayload {
  const reader = new PayloadReader(payload);
  const sessionId = reader.text('sessionId', uuid);
  const text = reader.text('content', content);
  const clientId = reader.optional('clientMessageId', () => reader.text('clientMessageId', clientMessageId));
  reader.finish();
  return { sessionId, content: text, ...(clientId !== undefined && { clientMessageId: clientId }) };
}

/** Returns the payload's `clientMessageId` if it has a right one, so that an error can name the message it is about. */
export function clientMessageIdOf(payload: unknown): string | undefined {
  const value = propertyOf(payload, 'clientMessageId');
  return typeof value === 'string' && clientMessageId(value) === null ? value : undefined;
}

/** Reads fields and collects what is wrong with them, so that the client is told everything at once. */
class PayloadReader {
  private readonly errors: FieldError[] = [];

  constructor(private readonly payload: unknown) {}

  text(field: string, rule: FieldRule): string {
    const value = this.check(field, rule);
    return typeof value === 'string' ? value : '';
  }

  number(field: string, rule: FieldRule): number {
    const value = this.check(field, rule);
    return typeof value === 'number' ? value : 0;
  }

  optional<T>(field: string, read: () => T): T | undefined {
    return propertyOf(this.payload, field) === undefined ? undefined : read();
  }

  /** Throws `VALIDATION_FAILED` if anything was wrong; until then what was read must not be used. */
  finish(): void {
    if (this.errors.length > 0) throw validationFailed(this.errors);
  }

  private check(field: string, rule: FieldRule): unknown {
    const value = propertyOf(this.payload, field);
    const message = rule(value);
    if (message !== null) this.errors.push({ field, message });
    return value;
  }
}

/**
 * Reads one own property: nothing is read from a prototype that the client names, nor copied from a payload that has tens of
 * thousands of them.
 */
function propertyOf(payload: unknown, name: string): unknown {
  const isObject = typeof payload === 'object' && payload !== null;
  return isObject && Object.hasOwn(payload, name) ? Reflect.get(payload, name) : undefined;
}
