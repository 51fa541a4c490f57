/** A body: a value sent as JSON, a text that may be no JSON, or bytes. */
export type Body = { json: unknown } | { text: string } | { bytes: Uint8Array };

/** A request. Like all inputs it holds words such as `~session~`, which the world of the run replaces. */
export interface HttpInput {
  kind: 'route' | 'body' | 'url';
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Body | null;
}

/** A packet of engine.io's other transport, on a connection of its own. */
export interface PollingInput {
  kind: 'polling';
  payload: string;
}

/** A well-formed event of any name and arguments; `ack` is the id that asks for an answer, or nothing. */
export interface EventInput {
  kind: 'event';
  name: string | number;
  args: readonly unknown[];
  ack: string;
}

/** Frames on the connection of a logged-in socket. */
export interface PacketsInput {
  kind: 'packets';
  frames: readonly (string | Uint8Array)[];
}

/** A connection from its beginning, and the first frame on it. */
export interface HandshakeInput {
  kind: 'handshake';
  query: string;
  headers: Readonly<Record<string, string>>;
  frame: string;
}

export type Input = HttpInput | PollingInput | EventInput | PacketsInput | HandshakeInput;
export type InputKind = Input['kind'];
