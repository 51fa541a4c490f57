import { type Connection, type ConnectOptions, createConnection } from 'mongoose';
import { withTimeout } from './callDeadlines';

/** The driver's own timeout covers the servers, but not the DNS look-up of their names. */
const CONNECT_TIMEOUT_MS = 4_500;

/**
 * Options that the store's guarantees depend on; they override those in the URL: durable writes, reads that see them, and timeouts. No
 * socket timeout, as it would interrupt the creation of an index on a large collection; the driver's heartbeat detects servers that
 * stop responding.
 */
export const CONNECT_OPTIONS = {
  w: 'majority',
  journal: true,
  readPreference: 'primary',
  // Nothing is shown or cached that a failover could take back.
  readConcernLevel: 'majority',
  retryWrites: true,
  bufferCommands: false,
  autoCreate: false,
  autoIndex: false,
  serverSelectionTimeoutMS: 2_500,
  connectTimeoutMS: 2_500,
  waitQueueTimeoutMS: 2_500,
  heartbeatFrequencyMS: 2_000,
} as const satisfies ConnectOptions;

/** Rejects if no server responds: after 2.5 s, at most 4.5 s. */
export async function connectMongo(url: string): Promise<Connection> {
  const connection = createConnection(url, CONNECT_OPTIONS);
  try {
    return await withTimeout(connection.asPromise(), CONNECT_TIMEOUT_MS);
  } catch (error) {
    await connection.destroy();
    throw error;
  }
}
