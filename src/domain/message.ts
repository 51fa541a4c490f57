export type Sender = 'user' | 'server';

/** A stored message, the same in REST and Socket.IO. */
export interface Message {
  /** UUIDv7: ids of later messages sort after those of earlier ones. */
  messageId: string;
  sessionId: string;
  /** Sequence number in the session: 1, 2, 3 … without gaps. */
  seq: number;
  sender: Sender;
  content: string;
  /** When the server received it, ISO 8601 UTC. */
  timestamp: string;
  /** The client's own id of a user message. Sending it again in the same session stores nothing new. */
  clientMessageId?: string;
  /** Of a server message: the `messageId` of the message it answers. */
  replyTo?: string;
}

/** A page of a session's messages. Without `before` and `after`: the latest. At most one of them is set. */
export interface MessageQuery {
  /** The nearest messages with a smaller `seq`. */
  before?: number;
  /** The nearest messages with a larger `seq`. */
  after?: number;
  limit: number;
}

/** Messages ascending by `seq`. `hasMore` is true if there are more in the direction of reading. */
export interface MessagePage {
  messages: Message[];
  hasMore: boolean;
}
