import type { ErrorCode } from '../domain/errors';
import type { FleetFigures } from '../fleet/fleet';
import type { ReplyMeter } from '../services/replies/usage';
import type { SocketMeter } from '../sockets/socketReports';
import type { StoreMeter } from '../stores/instrumented';

/** The rate limits that a client can exceed. */
export type LimitName = 'attempts' | 'wrong passwords' | 'connections' | 'messages' | 'tokens';

/** A completed REST request, as far as it is counted. */
export interface CompletedRequest {
  method: string;
  /** The route's pattern, never the path that the client requested; null if no route matched. */
  route: string | null;
  /** Null if the client disconnected before the response was complete. */
  status: number | null;
  seconds: number;
  failure?: { code: ErrorCode };
}

/** Current values, read on every scrape. */
export interface ServerState {
  connections(): number;
  sockets(): number;
  inFlight(): number;
  /** The live nodes on this database, this one included. */
  nodes(): number;
  /** The replies that are being made. */
  replies(): number;
  /** True while hints from all of them arrive over Redis. */
  isBusOk(): boolean;
  /** What this node has done for the other ones; null if only one process can use the database. */
  fleet(): FleetFigures | null;
}

/** Records the server's events. Implementations return immediately and never throw. */
export interface ServerMeter {
  readonly store: StoreMeter & {
    /** SQLite only: a commit of this many writes is on disk. */
    committed(writes: number, seconds: number): void;
  };
  readonly sockets: SocketMeter;
  readonly replies: ReplyMeter & {
    /** A service that answers has responded with this status; null if no response has come. */
    responded(status: number | null): void;
  };
  requestCompleted(request: CompletedRequest): void;
  limitExceeded(limit: LimitName): void;
  originRejected(): void;
  slowReaderDropped(): void;
  /** Called once, when the application is created. */
  observe(state: ServerState): void;
}

const ignore = () => {};

/** Records nothing: the meter of a server whose metrics are off. */
export const noMeter: ServerMeter = {
  store: {
    called: ignore,
    failed: ignore,
    messageStored: ignore,
    duplicateFound: ignore,
    replied: ignore,
    committed: ignore,
  },
  replies: { requestEnded: ignore, replyEnded: ignore, responded: ignore },
  sockets: { connected: ignore, disconnected: ignore, refused: ignore },
  requestCompleted: ignore,
  limitExceeded: ignore,
  originRejected: ignore,
  slowReaderDropped: ignore,
  observe: ignore,
};
