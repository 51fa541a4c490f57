import type { Socket as TcpSocket } from 'node:net';
import type { Server, Socket } from 'socket.io';
import type { ClientToServerEvents, ServerToClientEvents } from '../domain/events';
import type { Identity } from '../domain/user';
import type { Device } from '../services/authService';

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

/** What waits for the transport of a connection, which takes all of it when its previous batch has been sent. */
interface Buffered {
  bufferedBytes: number;
  dropTimer: NodeJS.Timeout | undefined;
  isDropped: boolean;
}

type BufferedConnection = Connection & Buffered;

/**
 * Controls what is written to each client. Everything that is sent in one turn of the event loop leaves in one write: a commit acknowledges
 * many messages together, and one system call per frame would cost more than the rest of the work. Connections whose clients don't read
 * are dropped, so that unread data can't fill the server's memory; a client that reconnects reads what it missed with
 * `join-session {after}`. `onDrop` is called for each. Call it after the server is attached.
 */
export function controlWrites(io: ChatServer, onDrop: () => void): void {
  function drop(connection: BufferedConnection): void {
    if (!connection.isDropped && connection.readyState !== 'closed') onDrop();
    connection.isDropped = true;
    // Without `true` the connection would wait for its buffer to be sent.
    connection.close(true);
  }

  function onPacket(this: BufferedConnection, { data }: { data?: unknown }): void {
    this.bufferedBytes += PACKET_OVERHEAD_BYTES + (typeof data === 'string' ? Buffer.byteLength(data) : 0);
    if (this.bufferedBytes > SLOW_READER_BYTES) {
      this.dropTimer ??= setTimeout(drop, SLOW_READER_MS, this).unref();
      // Checked again in the next turn, as the transport may be about to take the buffer.
      if (this.bufferedBytes > MAX_BUFFERED_BYTES)
        setImmediate(() => this.bufferedBytes > MAX_BUFFERED_BYTES && drop(this));
    }
    deferFlush(this);
  }

  // The same function for all connections, and no map for each: they would take memory while it is idle.
  io.engine.on('connection', (connection: Connection) => {
    const nothing: Buffered = { bufferedBytes: 0, dropTimer: undefined, isDropped: false };
    Object.assign(connection, nothing);
    connection.on('packetCreate', onPacket);
  });
  // Engine.IO emits `flush` before and `drain` after it writes one frame per packet.
  io.engine.on('flush', (connection: BufferedConnection) => {
    connection.bufferedBytes = 0;
    clearTimeout(connection.dropTimer);
    connection.dropTimer = undefined;
    tcpSocketOf(connection)?.cork();
  });
  io.engine.on('drain', (connection: Connection) => tcpSocketOf(connection)?.uncork());
}

/** Lets a load balancer route the requests of a polling connection by its id. Call it after the server is attached. */
export function prefixConnectionIds(io: ChatServer, prefix: string): void {
  const { engine } = io;
  const generateId = engine.generateId.bind(engine);
  engine.generateId = (request) => `${prefix}.${generateId(request)}`;
}

/** Engine.IO flushes as soon as the transport is writable, so the transport is marked as not writable until the turn ends. */
function deferFlush({ transport }: Connection): void {
  if (transport.name !== 'websocket' || !transport.writable) return;
  transport.writable = false;
  process.nextTick(resumeFlush, transport);
}

function resumeFlush(transport: Connection['transport']): void {
  transport.writable = true;
  transport.emit('ready');
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

/** Data that the server keeps for each socket. */
export interface SocketData {
  identity: Identity;
  /** The device of a login with a token of the app's own backend, whose next token is another login of the same device. */
  device?: Device;
  /** The expiry time of the token that the client was last warned about. */
  warnedAbout?: number;
}

type NoEvents = Record<string, never>;
