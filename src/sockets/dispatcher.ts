import { ChatError, toChatError } from '../domain/errors';
import type {
  Ack,
  Answer,
  ClientToServerEvents,
  EventFailure,
  JoinTarget,
  RegeneratePayload,
  SendPayload,
  StopPayload,
} from '../domain/events';
import {
  clientMessageId,
  content,
  optional,
  ownProperty,
  parseFields,
  seq,
  text,
  uuid,
  validationFailed,
  variant,
} from '../domain/fields';
import type { Fleet } from '../fleet/fleet';
import type { InFlight } from '../utils/inFlight';
import type { SocketLog, SocketMeter } from './socketReports';
import type { SocketThrottle } from './socketThrottle';
import type { ChatSocket } from './transport';

type EventName = keyof ClientToServerEvents;

/** The fields of a successful acknowledgement, besides `ok`. */
type AckFields<E extends EventName> = Parameters<ClientToServerEvents[E]>[1] extends Ack<infer T> | undefined
  ? T
  : never;

/**
 * Handles an event. `acknowledge` sends the successful acknowledgement; a rejection is sent as a failure, unless the event was
 * acknowledged before.
 */
export type EventHandler<E extends EventName> = (
  socket: ChatSocket,
  payload: unknown,
  acknowledge: (fields: AckFields<E>) => void,
) => Promise<unknown>;

export type EventHandlers = { [E in EventName]: EventHandler<E> };

export interface DispatcherDependencies {
  handlers: EventHandlers;
  throttle: SocketThrottle;
  log: SocketLog;
  meter: SocketMeter;
  inFlight: InFlight;
  fleet: Pick<Fleet, 'admit' | 'ready'>;
}

/**
 * Handles every event that the client sends, whatever its name and shape. Failures are sent through the event's acknowledgement
 * or, if it has none, as an `error` event. No event reaches Node's event emitter.
 */
export function dispatchEvents(socket: ChatSocket, dependencies: DispatcherDependencies): void {
  socket.use((packet: unknown[]) => {
    dependencies.throttle.run(socket, (refusal) => dispatch(socket, packet, dependencies, refusal));
  });
}

async function dispatch(
  socket: ChatSocket,
  packet: unknown[],
  { handlers, log, meter, inFlight, fleet }: DispatcherDependencies,
  refusal?: ChatError,
): Promise<ChatError | null> {
  const { name, payload, ack } = parsePacket(packet);
  let isAnswered = false;
  // Only the first answer counts: what is stored after its deadline has already been answered with a failure.
  const answer = (response: Answer) => {
    if (!isAnswered) ack?.(response);
    isAnswered = true;
  };
  try {
    if (refusal) throw refusal;
    const recovered = fleet.ready();
    if (recovered !== undefined) await recovered;
    // Its login may have been revoked meanwhile.
    if (recovered !== undefined && !socket.connected) return null;
    if (inFlight.isDraining) throw new ChatError('UNAVAILABLE', { detail: STOPPING });
    await handlerOf(handlers, name)(socket, payload, (fields: object) => answer({ ok: true, ...fields }));
    return null;
  } catch (thrown) {
    const error = toChatError(thrown);
    log.eventFailed(socket, isKnown(handlers, name) ? name : undefined, error);
    meter.refused('event', error.code);
    const failure = failureOf(error);
    if (ack) answer({ ok: false, error: failure });
    else if (!isAnswered) socket.emit('error', { ...failure, event: name, ...messageNamedIn(payload) });
    return error;
  }
}

const STOPPING = 'The server is stopping. Connect again.';

function parsePacket(packet: unknown[]): {
  name: string;
  payload: unknown;
  ack: ((answer: Answer) => void) | undefined;
} {
  const last = packet.at(-1);
  const ack = isAck(last) ? last : undefined;
  const [name, payload] = ack ? packet.slice(0, -1) : packet;
  return { name: String(name), payload, ack };
}

function isAck(value: unknown): value is (answer: Answer) => void {
  return typeof value === 'function';
}

function handlerOf(handlers: EventHandlers, name: string): EventHandler<EventName> {
  if (isKnown(handlers, name)) return handlers[name];
  const known = Object.keys(handlers).join(', ');
  throw validationFailed([{ field: 'event', message: `must be one of: ${known}` }]);
}

function isKnown(handlers: EventHandlers, name: string): name is EventName {
  return Object.hasOwn(handlers, name);
}

function messageNamedIn(payload: unknown): { clientMessageId?: string } {
  const clientMessageId = clientMessageIdOf(payload);
  return clientMessageId === undefined ? {} : { clientMessageId };
}

function failureOf({ code, message, errors, retryAfterMs }: ChatError): EventFailure {
  return { code, message, ...(errors && { errors }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

const leaveFields = { sessionId: uuid };
const authenticateFields = { token: text };
const joinFields = { sessionId: uuid, after: optional(seq) };
const stopFields = { sessionId: uuid, replyTo: uuid };
const regenerateFields = { sessionId: uuid, replyTo: uuid, variant };
const messageFields = {
  sessionId: uuid,
  content,
  clientMessageId: optional(clientMessageId),
  replaces: optional(uuid),
};

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

/** The payload of `regenerate`. Throws `VALIDATION_FAILED`. */
export function parseRegenerate(payload: unknown): RegeneratePayload {
  return parseFields(regenerateFields, payload);
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
