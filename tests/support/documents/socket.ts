import type { ClientSocket } from '../../../testkit/account';
import { holdAck, holdEvent } from './events';

/** Checks every event and acknowledgement of this socket against the server's document, and returns the socket. */
export function documented(socket: ClientSocket): ClientSocket {
  socket.onAny((name: string, ...args: unknown[]) => holdEvent(name, args));
  socket.on('connect_error', (error: Error & { data?: unknown }) => {
    // Without data, the network failed.
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

/** The same ack with the properties of Socket.IO. With a timeout, its first argument is an error or null. */
function held(event: string, ack: Ack): Ack {
  const checked: Ack = (...answer) => {
    const [first, ...rest] = answer;
    if (!(first instanceof Error)) holdAck(event, first === null ? rest : answer);
    ack(...answer);
  };
  return Object.assign(checked, ack);
}
