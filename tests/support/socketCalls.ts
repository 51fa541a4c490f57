import type {
  Answer,
  ConnectErrorData,
  EventFailure,
  Joined,
  JoinTarget,
  SendPayload,
  Sent,
} from '../../src/domain/events';
import type { Message } from '../../src/domain/message';
import type { ClientSocket } from './client';

/** Sends a message and resolves with the acknowledgement, successful or not. */
export function ask(socket: ClientSocket, payload: SendPayload): Promise<Answer<Sent>> {
  return new Promise((resolve) => socket.emit('message', payload, resolve));
}

/** Sends a message that is accepted. */
export async function send(socket: ClientSocket, sessionId: string, content: string): Promise<Message> {
  return successOf(await ask(socket, { sessionId, content })).message;
}

export function askToJoin(socket: ClientSocket, target: string | JoinTarget): Promise<Answer<Joined>> {
  return new Promise((resolve) => socket.emit('join-session', target, resolve));
}

/** Joins a session of the user. */
export async function join(socket: ClientSocket, target: string | JoinTarget): Promise<Joined> {
  return successOf(await askToJoin(socket, target));
}

export function leave(socket: ClientSocket, sessionId: string): Promise<Answer> {
  return new Promise((resolve) => socket.emit('leave-session', sessionId, resolve));
}

/** Returns the content of a successful acknowledgement. Throws otherwise. */
export function successOf<T extends object>(answer: Answer<T>): T {
  if (answer.ok) return answer;
  throw new Error(`${answer.error.code}: ${answer.error.message}`);
}

/** Returns the failure in an acknowledgement. Throws if it is successful. */
export function failureIn(answer: Answer): EventFailure {
  if (answer.ok) throw new Error(`succeeded: ${JSON.stringify(answer)}`);
  return answer.error;
}

/** Connects a socket that is refused, and resolves with the error. */
export function refusalOf(socket: ClientSocket): Promise<Error & { data?: ConnectErrorData }> {
  return new Promise((resolve, reject) => {
    socket.once('connect_error', resolve);
    socket.once('connect', () => reject(new Error('The socket was admitted')));
    socket.connect();
  });
}

/** Resolves with the reason when the socket is disconnected. */
export function disconnection(socket: ClientSocket): Promise<string> {
  return new Promise((resolve) => socket.once('disconnect', resolve));
}

/** Sends any event with any arguments, as an untyped client does. */
export function emitAnything(socket: ClientSocket, event: string, ...args: unknown[]): void {
  const untyped: { emit(event: string, ...args: unknown[]): unknown } = socket;
  untyped.emit(event, ...args);
}

/** Sends any event and resolves with the acknowledgement. */
export function askAnything(socket: ClientSocket, event: string, ...args: unknown[]): Promise<Answer> {
  return new Promise((resolve) => emitAnything(socket, event, ...args, resolve));
}
