/** A user of one connection: with a login and a session of its own, or, for the bare server, without a token. */
export interface LoadUser {
  token: string | null;
  sessionId: string;
}

/** The first argument of the load generator, as JSON. */
export interface LoadPlan {
  url: string;
  users: readonly LoadUser[];
  /** Load before the measurement starts, in milliseconds. */
  warmUpMs: number;
  measureMs: number;
  /** `closed`: a fixed number of messages in flight per connection. `open`: a fixed number of messages sent per second. */
  load: { kind: 'closed'; inFlight: number } | { kind: 'open'; perSecond: number };
  /** True if acknowledgements, which may be refusals, count as responses instead of echoes. */
  withAcks: boolean;
}

/** The output of the load generator, as JSON. */
export interface LoadResult {
  /** Correct echoes, or successful acknowledgements, of messages sent during the measurement. */
  answered: number;
  refused: number;
  /** Echoes out of order or with other content. */
  wrong: number;
  /** Messages without a response 60 s after the end. */
  missing: number;
  /** Responses per second of the measurement. */
  perSecond: number;
  /** Times from the moment a message was due to its response, in milliseconds. */
  p50: number;
  p99: number;
  longest: number;
}
