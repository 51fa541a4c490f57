export type Sender = 'user' | 'server';

/** A stored message, the same in REST and Socket.IO. */
export interface Message {
  /** UUIDv7: ids of later messages sort after those of earlier ones. */
  messageId: string;
  sessionId: string;
  /** Its place in the session: 1, 2, 3 … without a gap. */
  seq: number;
  sender: Sender;
  content: string;
  /** When the server took it, ISO 8601 UTC. */
  timestamp: string;
  /** The client's own id for a user message; repeating it in the session stores nothing new. */
  clientMessageId?: string;
  /** On a server message: the `messageId` it answers. */
  replyTo?: string;
}

/** Which part of a session's messages to read. Without a cursor: the latest. At most one cursor. */
export interface MessageQuery {
  /** Only messages with a smaller `seq`, the nearest ones. */
  before?: number;
  /** Only messages with a larger `seq`, the nearest ones. */
  after?: number;
  limit: number;
}

/** Messages ascending by `seq`; `hasMore` says whether more lie in the direction read. */
export interface MessagePage {
  messages: Message[];
  hasMore: boolean;
}
