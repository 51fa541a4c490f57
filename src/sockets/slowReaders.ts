import type { ChatServer, ChatSocket } from './chatServer';

type Connection = ChatSocket['conn'];

/** So many bytes may wait for a client, for so long: whoever falls behind further doesn't read, or can't keep up. */
const PATIENT_BYTES = 1_048_576;
const PATIENCE_MS = 2_000;
/** So many bytes may wait at all. A few of the largest pages that one can ask for fit in. */
const MAX_BYTES = 16 * 1_048_576;
/** What a waiting packet takes besides its text. */
const PACKET_BYTES = 200;

/**
 * Drops connections whose clients don't read what they are sent, logged in or not, so that it can't fill the memory of the
 * server. A client that comes back reads what it missed with `join-session {after}`. Call it once the server is attached.
 * `onDrop` is told of each.
 */
export function dropSlowReaders(io: ChatServer, onDrop: () => void): void {
  io.engine.on('connection', (connection: Connection) => limitBuffer(connection, onDrop));
}

/** Counts what waits for the transport, which takes all of it as soon as it has sent the last batch. */
function limitBuffer(connection: Connection, onDrop: () => void): void {
  let waiting = 0;
  let patience: NodeJS.Timeout | undefined;
  let isDropped = false;
  const drop = () => {
    if (!isDropped) onDrop();
    isDropped = true;
    // A plain `close` would wait for what is written to leave.
    connection.close(true);
  };
  const forgive = () => {
    waiting = 0;
    clearTimeout(patience);
    patience = undefined;
  };
  connection.on('flush', forgive);
  connection.once('close', forgive);
  connection.on('packetCreate', ({ data }: { data?: unknown }) => {
    waiting += PACKET_BYTES + (typeof data === 'string' ? Buffer.byteLength(data) : 0);
    if (waiting <= PATIENT_BYTES) return;
    patience ??= setTimeout(drop, PATIENCE_MS).unref();
    // Later, if it still waits then: the transport may be about to take it.
    if (waiting > MAX_BYTES) setImmediate(() => waiting > MAX_BYTES && drop());
  });
}
