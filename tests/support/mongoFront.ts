import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type Deferred, deferred } from '../../testkit/waiting';
import {
  errorReply,
  insertMessage,
  insertReply,
  isRefusedAsWhole,
  isWholeMessage,
  readInsert,
  refusalIn,
  type ServerError,
  type WireInsert,
  type WriteError,
} from './mongoWire';

/** Stands before a MongoDB server and stores documents one by one. */
export interface MongoFront {
  url: string;
  /** Ends the connection, as a crash does, when this many more documents have been passed on. */
  cutAfter(documents: number): void;
  /** From now on every response to an insert has a write concern error as well: what was stored may be lost again. */
  stopReplication(): void;
  resumeReplication(): void;
  /** Rejects the next insert as a whole, as one that took too long, and stores nothing. The connection stays open. */
  rejectNext(): void;
  /** Holds the answer to the next insert, of what is stored by then. */
  holdInsert(): HeldInsert;
  stop(): Promise<void>;
}

export interface HeldInsert {
  /** Resolves when the answer is there. */
  reached: Promise<void>;
  release(): void;
}

const NOT_REPLICATED: ServerError = { code: 64, errmsg: 'waiting for replication timed out' };
const OUT_OF_TIME: ServerError = { code: 50, errmsg: 'operation exceeded time limit' };

/** Passes a message on and resolves with the answer; undefined if the server has closed the connection. */
type Ask = (request: Buffer) => Promise<Buffer | undefined>;

/**
 * Makes any server insert as MongoDB does: the documents of a command one after the other, in an ordered one up to the first
 * that is refused, and the answer tells the places. The stand-in stores all of a command or nothing, and tells no place.
 */
export async function startMongoFront(url: string): Promise<MongoFront> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let untilCut = Number.POSITIVE_INFINITY;
  let isReplicating = true;
  let isNextRejected = false;
  let held: { reached: Deferred; released: Deferred } | null = null;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    // A connection that is closed in mid-message ends here, as it does for a server.
    passOn(client, upstream).catch(() => client.destroy());
  });

  async function passOn(client: Socket, upstream: Socket): Promise<void> {
    const answers = messagesFrom(upstream);
    const ask: Ask = async (request) => {
      upstream.write(request);
      return (await answers.next()).value;
    };
    for await (const request of messagesFrom(client)) {
      const insert = readInsert(request);
      const answer = insert ? await passInsertOn(insert, request, ask) : await ask(request);
      if (!answer) break;
      if (insert) await waitIfHeld();
      client.write(answer);
    }
    client.destroy();
  }

  async function waitIfHeld(): Promise<void> {
    const hold = held;
    held = null;
    hold?.reached.resolve();
    await hold?.released.promise;
  }

  /** Undefined if the connection is cut. */
  async function passInsertOn(insert: WireInsert, request: Buffer, ask: Ask): Promise<Buffer | undefined> {
    if (isNextRejected) {
      isNextRejected = false;
      return errorReply(insert, OUT_OF_TIME);
    }
    if (!isReplicating) return insertEach(insert, ask, NOT_REPLICATED);
    if (untilCut === Number.POSITIVE_INFINITY) {
      const answer = await ask(request);
      // Refused as a whole, it has stored nothing.
      if (!answer || !isRefusedAsWhole(answer)) return answer;
    }
    return insertEach(insert, ask);
  }

  async function insertEach(
    insert: WireInsert,
    ask: Ask,
    writeConcernError?: ServerError,
  ): Promise<Buffer | undefined> {
    const writeErrors: WriteError[] = [];
    for (const [index, document] of insert.documents.entries()) {
      const answer = await insertUnlessCut(insertMessage(insert, document), ask);
      if (!answer) return undefined;
      const refusal = refusalIn(answer);
      if (refusal) writeErrors.push({ index, ...refusal });
      if (refusal && insert.isOrdered) break;
    }
    return insertReply(insert, writeErrors, writeConcernError);
  }

  async function insertUnlessCut(request: Buffer, ask: Ask): Promise<Buffer | undefined> {
    if (untilCut-- > 0) return ask(request);
    untilCut = Number.POSITIVE_INFINITY;
    return undefined;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: url.replace(`:${port}`, `:${address.port}`),
    cutAfter(documents) {
      untilCut = documents;
    },
    stopReplication() {
      isReplicating = false;
    },
    resumeReplication() {
      isReplicating = true;
    },
    rejectNext() {
      isNextRejected = true;
    },
    holdInsert() {
      const hold = { reached: deferred(), released: deferred() };
      held = hold;
      return { reached: hold.reached.promise, release: hold.released.resolve };
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function* messagesFrom(socket: Socket): AsyncGenerator<Buffer, undefined> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    while (isWholeMessage(received)) {
      const length = received.readInt32LE(0);
      yield received.subarray(0, length);
      received = received.subarray(length);
    }
  }
  return undefined;
}
