import type { Socket } from 'node:net';
import type { ChatServer, ChatSocket } from './chatServer';

type Connection = ChatSocket['conn'];

/**
 * Lets all that is sent to one client in one turn of the event loop leave with one write: a commit answers many messages at
 * once, and a system call for each frame would cost more than all else that is done for it. Call it once the server is attached.
 */
export function gatherWrites(io: ChatServer): void {
  io.engine.on('connection', (connection: Connection) => {
    connection.on('packetCreate', holdBack);
    connection.on('flush', cork);
    connection.on('drain', uncork);
  });
}

/** The transport takes a packet as soon as it is writable: it is made so again when the turn is over. */
function holdBack(this: Connection): void {
  const { transport } = this;
  if (transport.name !== 'websocket' || !transport.writable) return;
  transport.writable = false;
  process.nextTick(release, transport);
}

function release(transport: Connection['transport']): void {
  transport.writable = true;
  transport.emit('ready');
}

/** Engine.IO tells before and after it hands its packets to the transport, which makes a frame, and so a write, of each. */
function cork(this: Connection): void {
  networkSocketOf(this)?.cork();
}

function uncork(this: Connection): void {
  networkSocketOf(this)?.uncork();
}

/** Neither Engine.IO nor ws offers it; without it each frame is a write of its own. */
function networkSocketOf({ transport }: Connection): Socket | undefined {
  const webSocket: unknown = Reflect.get(transport, 'socket');
  if (transport.name !== 'websocket' || typeof webSocket !== 'object' || webSocket === null) return undefined;
  return Reflect.get(webSocket, '_socket') ?? undefined;
}
