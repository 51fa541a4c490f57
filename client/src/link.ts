import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type {
  Ack,
  ClientToServerEvents,
  ConnectErrorData,
  Joined,
  JoinTarget,
  SendPayload,
  Sent,
  ServerToClientEvents,
} from '../../src/domain/events';
import type { Message } from '../../src/domain/message';
import { ChatClientError } from './chatClientError';

/** A server that has not answered an event by then is taken for gone. */
const ACK_TIMEOUT_MS = 10_000;
/** A connection that isn't there by then is given up. */
const OPEN_TIMEOUT_MS = 15_000;

type ChatSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** What a link tells of, in the order in which the server said it. */
export interface LinkListener {
  /** A message of a session that was joined, also the user's own ones that this link has sent. */
  message(message: Message): void;
  session(change: Parameters<ServerToClientEvents['session']>[0]): void;
  tokenExpiring(link: Link): void;
}

/**
 * One connection with one socket, from its opening to its end: what comes after it is another link. So Socket.IO's own
 * reconnecting and recovery have no part in what is delivered.
 */
export class Link {
  /** Resolves when it has ended, with whether the server has ended it on purpose. */
  readonly closed: Promise<{ byServer: boolean }>;
  private readonly ending = new AbortController();
  /** How to tell those who wait for an answer that none will come. */
  private readonly unanswered = new Set<() => void>();

  private constructor(
    private readonly socket: ChatSocket,
    private readonly listener: LinkListener,
    /** The token that it stands on. */
    public token: string,
  ) {
    this.closed = new Promise((resolve) => {
      socket.on('disconnect', (reason) => {
        for (const giveUp of this.unanswered) giveUp();
        this.ending.abort();
        resolve({ byServer: reason === 'io server disconnect' });
      });
    });
    socket.on('message', (message) => listener.message(message));
    socket.on('session', (change) => listener.session(change));
    socket.on('token-expiring', () => listener.tokenExpiring(this));
  }

  /** Rejects with `OFFLINE`, or with the code of the refusal. */
  static async open(
    url: string,
    token: string,
    options: Partial<ManagerOptions & SocketOptions>,
    listener: LinkListener,
    givenUp: AbortSignal,
  ): Promise<Link> {
    const socket: ChatSocket = io(url, {
      // One handshake where WebSockets pass; polling where they don't.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      ...options,
      auth: { token },
      forceNew: true,
      reconnection: false,
    });
    const link = new Link(socket, listener, token);
    try {
      await connected(socket, options.timeout ?? OPEN_TIMEOUT_MS, givenUp);
      return link;
    } catch (error) {
      socket.disconnect();
      throw error;
    }
  }

  join(target: JoinTarget): Promise<Joined> {
    return this.ask<Joined>((acknowledge) => this.socket.emit('join-session', target, acknowledge));
  }

  leave(sessionId: string): Promise<object> {
    return this.ask((acknowledge) => this.socket.emit('leave-session', sessionId, acknowledge));
  }

  /** Stays open with this token of the same login. Rejects with `UNAUTHENTICATED` if it is another one's. */
  async authenticate(token: string): Promise<void> {
    await this.ask((acknowledge) => this.socket.emit('authenticate', token, acknowledge));
    this.token = token;
  }

  /** Sends a message once. Rejects with `OFFLINE` where it isn't known whether it has arrived. */
  async send(payload: SendPayload): Promise<Message> {
    const { message } = await this.ask<Sent>((acknowledge) =>
      this.socket.emit('message', payload, (answer) => {
        // At once, or the reply would come first.
        if (answer.ok) this.listener.message(answer.message);
        acknowledge(answer);
      }),
    );
    return message;
  }

  /** Aborted when it has ended. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  get isOpen(): boolean {
    return this.socket.connected;
  }

  close(): void {
    this.socket.disconnect();
  }

  private ask<T extends object>(emit: (acknowledge: Ack<T>) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        clearTimeout(timer);
        this.unanswered.delete(giveUp);
        reject(
          new ChatClientError('OFFLINE', 'The connection was lost before the server answered. Try again.'),
        );
      };
      // Who doesn't answer will not answer what comes after it either.
      const timer = setTimeout(() => this.close(), ACK_TIMEOUT_MS);
      this.unanswered.add(giveUp);
      // Socket.IO would keep it for a connection that never comes.
      if (!this.isOpen) return giveUp();
      emit((answer) => {
        clearTimeout(timer);
        this.unanswered.delete(giveUp);
        if (answer.ok) return resolve(answer);
        const { code, message, ...details } = answer.error;
        reject(new ChatClientError(code, message, details));
      });
    });
  }
}

/** Resolves when the socket is connected. Rejects with `OFFLINE`, or with the code of the refusal. */
function connected(socket: ChatSocket, withinMs: number, givenUp: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const over = new AbortController();
  const settled = new Promise<void>((resolve, reject) => {
    const fail = (message: string) => reject(new ChatClientError('OFFLINE', message));
    const giveUp = () => fail('The connection is not needed any more.');
    if (givenUp.aborted) return giveUp();
    givenUp.addEventListener('abort', giveUp, { signal: over.signal });
    timer = setTimeout(() => fail('The server has not answered in time. Try again.'), withinMs);
    // Before Socket.IO's own handshake is through, a connection may end without an error.
    socket.once('disconnect', () => fail('The connection was lost while it opened. Try again.'));
    socket.once('connect', resolve);
    socket.once('connect_error', (error: Error & { data?: ConnectErrorData }) => {
      const { code = 'OFFLINE', ...details } = error.data ?? {};
      reject(new ChatClientError(code, error.message, { ...details, cause: error }));
    });
  });
  return settled.finally(() => {
    clearTimeout(timer);
    over.abort();
  });
}
