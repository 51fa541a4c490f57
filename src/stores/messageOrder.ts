import type { ChatError } from '../domain/errors';
import { validationFailed } from '../domain/fields';
import { uuidv7, uuidv7After } from '../utils/uuid';
import type { NewExchange } from './chatStore';

/** When a message was stored, and its UUIDv7 of the same time. */
export interface MessageStamp {
  messageId: string;
  timestamp: string;
}

/** The last message of a session, or its creation, which has no `messageId`. */
export type LastStamp = Omit<MessageStamp, 'messageId'> & { messageId: string | null };

/**
 * Adjusts the stamp of a new message, so that neither time nor id is below those of the last one: the clock may have been set back,
 * also between two starts, and the clocks of two servers differ. Returns `next` itself if it is in order.
 */
export function inOrder<T extends MessageStamp>(last: LastStamp, next: T): T {
  const isEarlier = next.timestamp < last.timestamp;
  const isIdInOrder = last.messageId === null || next.messageId > last.messageId;
  if (!isEarlier && isIdInOrder) return next;
  const timestamp = isEarlier ? last.timestamp : next.timestamp;
  const messageId = last.messageId === null ? uuidv7(Date.parse(timestamp)) : uuidv7After(last.messageId);
  return { ...next, timestamp, messageId };
}

/** Adjusts an exchange in the same way. Returns `exchange` itself if it is in order. */
export function exchangeInOrder(last: LastStamp, exchange: NewExchange): NewExchange {
  const message = inOrder(last, exchange.message);
  const reply = exchange.reply && inOrder(message, exchange.reply);
  if (message === exchange.message && reply === exchange.reply) return exchange;
  return { ...exchange, message, ...(reply && { reply }) };
}

/** Sorts messages, of any sessions, from the oldest to the newest. */
export function inOrderOfMessages<T extends { message: { messageId: string } }>(found: readonly T[]): T[] {
  return found.toSorted(({ message: one }, { message: other }) => (one.messageId < other.messageId ? -1 : 1));
}

/** How a number that a client asks for relates to the newest reply to a message, which may be still to come. */
export function placeOfVariant(
  variant: number,
  newest: { variant: number; isOpen: boolean },
): 'next' | 'repeated' | 'conflict' {
  if (variant === newest.variant) return 'repeated';
  return variant === newest.variant + 1 && !newest.isOpen ? 'next' : 'conflict';
}

/** `replaces` names no user message of the session. */
export function invalidReplacesError(): ChatError {
  const message = 'must be the messageId of a user message of the session';
  return validationFailed([{ field: 'replaces', message }]);
}
