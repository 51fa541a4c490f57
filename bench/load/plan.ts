/** Who sends: one connection each, with a login and a session of its own, or neither for the bare server. */
export interface Sender {
  token: string | null;
  sessionId: string;
}

/** What the load generator is asked to do, as JSON in its first argument. */
export interface Plan {
  url: string;
  senders: readonly Sender[];
  /** Sent before what counts, in milliseconds. */
  warmUpMs: number;
  measureMs: number;
  /** `closed`: so many messages of each connection are under way at any time. `open`: so many messages leave each second. */
  load: { kind: 'closed'; inFlight: number } | { kind: 'open'; perSecond: number };
  /** Whether the answers that count are acks, which may be refusals, instead of echoes. */
  withAcks: boolean;
}

/** What it saw, as JSON on its standard output. */
export interface Outcome {
  /** Right echoes, or acks of success, of messages sent while it measured. */
  answered: number;
  refused: number;
  /** Echoes out of order or with another content. */
  wrong: number;
  /** What was sent and not answered within 60 s of the end. */
  missing: number;
  /** Answered per second of the time measured. */
  perSecond: number;
  /** Times from when a message was due to its answer, in milliseconds. */
  p50: number;
  p99: number;
  longest: number;
}
