import type { Server, Socket } from 'socket.io';
import type { ClientToServerEvents, ServerToClientEvents } from '../domain/events';
import type { Identity } from '../domain/login';

/** Data that the server keeps for each socket. */
export interface SocketData {
  identity: Identity;
  /** The expiry time of the token that the client was last warned about. */
  warnedAbout?: string;
}

type NoEvents = Record<string, never>;

/** Socket.IO's server and socket, typed with the events of the wire contract. */
export type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>;
export type ChatSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>;
