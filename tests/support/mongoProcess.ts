/** A MongoDB server whose process this run owns. */
export interface MongoProcess {
  url: string;
  /** Freezes the process: it keeps its connections and responds to nothing. */
  pause(): void;
  resume(): void;
  /** Ends the process for good, paused or not. */
  stop(): Promise<void>;
}

/** The MongoDB of the tests, or why there is none. */
export type MongoChoice =
  | { kind: 'url'; description: string; url: string }
  | { kind: 'mongod' | 'stand-in'; description: string; binary: string }
  | { kind: 'none'; reason: string };

/** Milliseconds in which a server must be ready. */
export const START_LIMIT_MS = 30_000;
