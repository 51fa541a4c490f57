/** A user of one connection: with a login and a session of its own, or, for servers without logins, without a token. */
export interface LoadUser {
  token: string | null;
  sessionId: string;
}

/** The first elements of the Socket.IO events of a server, as JSON without brackets. */
export interface Dialect {
  /** Of the event that sends a message. The message follows. */
  send: string;
  /** Of the event with the echo. */
  echo: string;
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
  withAcks?: boolean;
  /** True if messages have no `clientMessageId`. By default each has a UUIDv7, as those of the client library have. */
  withoutIds?: boolean;
  /** The content of each message up to its number. By default a short sentence. */
  text?: string;
  /** The events of the server, if they are not those of ours. */
  dialect?: Dialect;
  /** The file with the CPU time of the server, from `bench/support/process.ts`, if it is measured. */
  cpuFile?: string;
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
  /** CPU time of the server for each response of the measurement, in microseconds; null without a `cpuFile`. */
  cpuMicroseconds: number | null;
  /** Times from the moment a message was due to its response, in milliseconds. */
  p50: number;
  p99: number;
  longest: number;
}
