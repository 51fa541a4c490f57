import { ChatError, toChatError } from '../domain/errors';
import type {
  Ack,
  Answer,
  ClientToServerEvents,
  ErrorEvent,
  EventFailure,
  ServerToClientEvents,
} from '../domain/events';
import { validationFailed } from '../domain/fields';
import type { InFlight } from '../utils/inFlight';
import type { ChatSocket } from './chatServer';
import { writeEvent } from './eventPacket';
import type { FairTurns } from './fairTurns';
import { clientMessageIdOf } from './payloads';
import type { SocketLog } from './socketLog';
import type { SocketMeter } from './socketMeter';

/** What an event's ack carries besides `ok`. */
type AnswerTo<E extends keyof ClientToServerEvents> = Parameters<ClientToServerEvents[E]>[1] extends
  | Ack<infer T>
  | undefined
  ? T
  : never;

/** Handles an event of a socket. `acknowledge` answers it at once; whatever is thrown answers it with a failure. */
export type EventHandler<E extends keyof ClientToServerEvents> = (
  socket: ChatSocket,
  payload: unknown,
  acknowledge: (answer: AnswerTo<E>) => void,
) => Promise<unknown>;

export type EventHandlers = { [E in keyof ClientToServerEvents]: EventHandler<E> };

export interface DispatcherDependencies {
  handlers: EventHandlers;
  log: SocketLog;
  meter: SocketMeter;
  inFlight: InFlight;
}

/**
 * Takes every event a client sends, of whatever name and shape, and answers it: through its ack, or, where that is missing,
 * failures through the `error` event. Nothing a client sends gets past it to Node's event emitter.
 */
export function dispatchEvents(
  socket: ChatSocket,
  turns: FairTurns,
  dependencies: DispatcherDependencies,
): void {
  socket.use((packet: unknown[]) => {
    turns.take(socket, () => {
      dependencies.inFlight.run(() => dispatch(socket, packet, dependencies));
    });
  });
}

async function dispatch(
  socket: ChatSocket,
  packet: unknown[],
  { handlers, log, meter, inFlight }: DispatcherDependencies,
): Promise<void> {
  const last = packet.at(-1);
  const ack = isAck(last) ? last : undefined;
  const [name, payload] = ack ? packet.slice(0, -1) : packet;
  const event = String(name);
  try {
    if (inFlight.isDraining)
      throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping. Connect again.' });
    const acknowledge = (answer: object) => ack?.({ ok: true, ...answer });
    await handlerOf(handlers, event)(socket, payload, acknowledge);
  } catch (thrown) {
    const error = toChatError(thrown);
    log.eventFailed(socket, isKnown(handlers, event) ? event : undefined, error);
    meter.refused('event', error.code);
    const failure = failureOf(error);
    if (ack) ack({ ok: false, error: failure });
    else tellOfFailure(socket, { ...failure, event, ...messageNamedIn(payload) });
  }
}

/** Kept for no recovery: what one client does wrong would take the room of what others missed. */
function tellOfFailure(socket: ChatSocket, error: ErrorEvent): void {
  const event: [keyof ServerToClientEvents, ErrorEvent] = ['error', error];
  if (socket.connected) writeEvent(socket.conn, event);
}

function handlerOf(handlers: EventHandlers, event: string): EventHandler<keyof ClientToServerEvents> {
  if (isKnown(handlers, event)) return handlers[event];
  const known = Object.keys(handlers).join(', ');
  throw validationFailed([{ field: 'event', message: `must be one of: ${known}` }]);
}

function isKnown(handlers: EventHandlers, event: string): event is keyof ClientToServerEvents {
  return Object.hasOwn(handlers, event);
}

function isAck(value: unknown): value is (answer: Answer) => void {
  return typeof value === 'function';
}

function messageNamedIn(payload: unknown): { clientMessageId?: string } {
  const clientMessageId = clientMessageIdOf(payload);
  return clientMessageId === undefined ? {} : { clientMessageId };
}

export function failureOf({ code, message, errors, retryAfterMs }: ChatError): EventFailure {
  return { code, message, ...(errors && { errors }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
