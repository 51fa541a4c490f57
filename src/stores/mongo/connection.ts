import { type Connection, type ConnectOptions, createConnection } from 'mongoose';
import { withinTime } from './callDeadlines';

/** The driver's own limit holds for the servers, but not for the look-up of their names. */
const CONNECT_LIMIT_MS = 4_500;

/**
 * What makes the store's promises hold, whatever the URL says: durable writes, reads that see them, and a driver that
 * gives up in time. There is no socket timeout: it would cut the building of an index on a large collection, and the
 * driver's heartbeat ends what hangs on a server that stopped answering.
 */
export const CONNECT_OPTIONS = {
  w: 'majority',
  journal: true,
  readPreference: 'primary',
  retryWrites: true,
  bufferCommands: false,
  autoCreate: false,
  autoIndex: false,
  serverSelectionTimeoutMS: 2_500,
  connectTimeoutMS: 2_500,
  waitQueueTimeoutMS: 2_500,
  heartbeatFrequencyMS: 2_000,
} as const satisfies ConnectOptions;

/** Connects, or rejects when no server answers: after 2.5 s, 4.5 s at most. */
export async function connectMongo(url: string): Promise<Connection> {
  const connection = createConnection(url, CONNECT_OPTIONS);
  try {
    return await withinTime(connection.asPromise(), CONNECT_LIMIT_MS);
  } catch (error) {
    await connection.destroy();
    throw error;
  }
}
