import type { ClientSocket } from '../../../testkit/account';
import { holdAck, holdEvent } from './events';

/** Holds every event and every ack that this socket gets against the server's document, and returns the socket. */
export function documented(socket: ClientSocket): ClientSocket {
  socket.onAny((name: string, ...args: unknown[]) => holdEvent(name, args));
  socket.on('connect_error', (error: Error & { data?: unknown }) => {
    // Without data it is the network that failed.
    if (error.data !== undefined) {
      holdEvent('connect_error', [{ message: error.message, data: error.data }]);
    }
  });
  const untyped: { emit(event: string, ...args: unknown[]): unknown } = socket;
  const emit = untyped.emit.bind(socket);
  untyped.emit = (event, ...args) => emit(event, ...args.map((arg) => (isAck(arg) ? held(event, arg) : arg)));
  return socket;
}

type Ack = (...answer: unknown[]) => void;

function isAck(value: unknown): value is Ack {
  return typeof value === 'function';
}

/** The same ack, with the properties that Socket.IO gives it. Where the answer may fail to come, an error or null is the first value. */
function held(event: string, ack: Ack): Ack {
  const checked: Ack = (...answer) => {
    const [first, ...rest] = answer;
    if (!(first instanceof Error)) holdAck(event, first === null ? rest : answer);
    ack(...answer);
  };
  return Object.assign(checked, ack);
}
