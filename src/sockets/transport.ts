import type { Socket as TcpSocket } from 'node:net';
import type { Server, Socket } from 'socket.io';
import type { ClientToServerEvents, ServerToClientEvents } from '../domain/events';
import type { Identity } from '../domain/user';

/** Socket.IO's server and socket, typed with the events of the wire contract. */
export type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>;
export type ChatSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>;

type Connection = ChatSocket['conn'];

/** A connection with more than this buffered for longer than `SLOW_READER_MS` is dropped. */
const SLOW_READER_BYTES = 1_048_576;
const SLOW_READER_MS = 2_000;
/** A connection with more than this buffered is dropped immediately. A few of the largest pages of messages fit. */
const MAX_BUFFERED_BYTES = 16 * 1_048_576;
/** Estimated overhead of a buffered packet, besides its text. */
const PACKET_OVERHEAD_BYTES = 200;

/**
 * Coalesces everything that is sent to a client in one turn of the event loop into one write. A commit acknowledges many messages
 * together, and one system call per frame would cost more than the rest of the work. Call it after the server is attached.
 */
export function coalesceWrites(io: ChatServer): void {
  io.engine.on('connection', (connection: Connection) => {
    connection.on('packetCreate', deferFlush);
    connection.on('flush', cork);
    connection.on('drain', uncork);
  });
}

/** Lets a load balancer route the requests of a polling connection by its id. Call it after the server is attached. */
export function prefixConnectionIds(io: ChatServer, prefix: string): void {
  const { engine } = io;
  const generateId = engine.generateId.bind(engine);
  engine.generateId = (request) => `${prefix}.${generateId(request)}`;
}

/** Engine.IO flushes as soon as the transport is writable, so the transport is marked as not writable until the turn ends. */
function deferFlush(this: Connection): void {
  const { transport } = this;
  if (transport.name !== 'websocket' || !transport.writable) return;
  transport.writable = false;
  process.nextTick(resumeFlush, transport);
}

function resumeFlush(transport: Connection['transport']): void {
  transport.writable = true;
  transport.emit('ready');
}

/** Engine.IO emits `flush` before and `drain` after it writes one frame per packet. */
function cork(this: Connection): void {
  tcpSocketOf(this)?.cork();
}

function uncork(this: Connection): void {
  tcpSocketOf(this)?.uncork();
}

/** Neither Engine.IO nor ws exposes the TCP socket. Without it, each frame is written on its own. */
function tcpSocketOf({ transport }: Connection): TcpSocket | undefined {
  const webSocket = webSocketOf(transport);
  return webSocket && (Reflect.get(webSocket, '_socket') ?? undefined);
}

/** The WebSocket of a transport, or undefined for HTTP polling. Engine.IO does not expose it. */
export function webSocketOf(
  transport: Connection['transport'],
): { pause(): void; resume(): void } | undefined {
  return transport.name === 'websocket' ? Reflect.get(transport, 'socket') : undefined;
}

/**
 * Drops connections whose clients don't read, so that unread data can't fill the server's memory. A client that reconnects reads
 * what it missed with `join-session {after}`. `onDrop` is called for each. Call it after the server is attached.
 */
export function dropSlowReaders(io: ChatServer, onDrop: () => void): void {
  io.engine.on('connection', (connection: Connection) => limitBuffer(connection, onDrop));
}

/** Counts the packets that wait for the transport, which takes all of them when its previous batch has been sent. */
function limitBuffer(connection: Connection, onDrop: () => void): void {
  let bufferedBytes = 0;
  let timeout: NodeJS.Timeout | undefined;
  let isDropped = false;
  const drop = () => {
    if (!isDropped) onDrop();
    isDropped = true;
    // Without `true` the connection would wait for its buffer to be sent.
    connection.close(true);
  };
  const reset = () => {
    bufferedBytes = 0;
    clearTimeout(timeout);
    timeout = undefined;
  };
  connection.on('flush', reset);
  connection.once('close', reset);
  connection.on('packetCreate', ({ data }: { data?: unknown }) => {
    bufferedBytes += PACKET_OVERHEAD_BYTES + (typeof data === 'string' ? Buffer.byteLength(data) : 0);
    if (bufferedBytes <= SLOW_READER_BYTES) return;
    timeout ??= setTimeout(drop, SLOW_READER_MS).unref();
    // Checked again in the next turn, as the transport may be about to take the buffer.
    if (bufferedBytes > MAX_BUFFERED_BYTES) setImmediate(() => bufferedBytes > MAX_BUFFERED_BYTES && drop());
  });
}

/** Data that the server keeps for each socket. */
export interface SocketData {
  identity: Identity;
  /** The expiry time of the token that the client was last warned about. */
  warnedAbout?: string;
}

type NoEvents = Record<string, never>;
