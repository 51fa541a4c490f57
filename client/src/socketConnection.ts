import { io, type Socket } from 'socket.io-client';
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
import type { DraftDelta, Message } from '../../src/domain/message';
import type { SessionEvent } from '../../src/domain/session';
import { Cancellation } from './backoff';
import type { ChatSocketOptions } from './chatClient';
import { ChatClientError } from './chatClientError';

/** A connection on which an event is not acknowledged within this time is considered dead. */
const ACK_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 15_000;

type ChatSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** Receives events in the order in which the server emitted them. */
export interface ConnectionListener {
  /** A message of a joined session, including the user's own messages that were sent on this connection. */
  onMessage(message: Message): void;
  /** A piece of a reply that is being made in a joined session. */
  onDelta(delta: DraftDelta): void;
  onSession(event: SessionEvent): void;
  onTokenExpiring(connection: SocketConnection): void;
}

/**
 * A single connection, from opening to close. Reconnecting creates a new one, so Socket.IO's own reconnection and recovery don't
 * affect what is delivered.
 */
export class SocketConnection {
  /** Resolves when the connection is closed. `byServer`: the server has disconnected the socket on purpose. */
  readonly closed: Promise<{ byServer: boolean }>;
  /** Canceled when the connection is closed. */
  readonly closing = new Cancellation();
  /** Reject the requests that wait for an acknowledgement. */
  private readonly pending = new Set<() => void>();

  private constructor(
    private readonly socket: ChatSocket,
    private readonly listener: ConnectionListener,
    /** The token that the connection is authenticated with. */
    public token: string,
  ) {
    this.closed = new Promise((resolve) => {
      socket.on('disconnect', (reason) => {
        for (const cancel of this.pending) cancel();
        this.closing.cancel();
        resolve({ byServer: reason === 'io server disconnect' });
      });
    });
    socket.on('message', (message) => listener.onMessage(message));
    socket.on('reply', (delta) => listener.onDelta(delta));
    socket.on('session', (event) => listener.onSession(event));
    socket.on('token-expiring', () => listener.onTokenExpiring(this));
  }

  /** Rejects with `OFFLINE`, or with the code of the server's rejection. */
  static async open(
    url: string,
    token: string,
    options: ChatSocketOptions,
    listener: ConnectionListener,
    cancellation: Cancellation,
  ): Promise<SocketConnection> {
    const socket: ChatSocket = io(url, {
      // WebSocket takes one handshake. Polling is the fallback where it is blocked.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      ...options,
      auth: { token },
      forceNew: true,
      reconnection: false,
    });
    const connection = new SocketConnection(socket, listener, token);
    try {
      await waitForConnect(socket, options.timeout ?? CONNECT_TIMEOUT_MS, cancellation);
      return connection;
    } catch (error) {
      socket.disconnect();
      throw error;
    }
  }

  join(target: JoinTarget): Promise<Joined> {
    return this.request<Joined>((acknowledge) => this.socket.emit('join-session', target, acknowledge));
  }

  leave(sessionId: string): Promise<object> {
    return this.request((acknowledge) => this.socket.emit('leave-session', sessionId, acknowledge));
  }

  /** Replaces the token by a newer one of the same login. Rejects with `UNAUTHENTICATED` if it belongs to another login. */
  async authenticate(token: string): Promise<void> {
    await this.request((acknowledge) => this.socket.emit('authenticate', token, acknowledge));
    this.token = token;
  }

  /** Sends a message once. Rejects with `OFFLINE` if it is unknown whether the message was stored. */
  async send(payload: SendPayload): Promise<Message> {
    const { message } = await this.request<Sent>((acknowledge) =>
      this.socket.emit('message', payload, (response) => {
        // Synchronously, so that the message is delivered before its reply.
        if (response.ok) this.listener.onMessage(response.message);
        acknowledge(response);
      }),
    );
    return message;
  }

  get isOpen(): boolean {
    return this.socket.connected;
  }

  close(): void {
    this.socket.disconnect();
  }

  private request<T extends object>(emit: (acknowledge: Ack<T>) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.pending.delete(cancel);
      };
      const cancel = () => {
        settle();
        reject(
          new ChatClientError('OFFLINE', 'The connection was lost before the server responded. Try again.'),
        );
      };
      // If one event is not acknowledged, later ones on this connection won't be either.
      const timer = setTimeout(() => this.close(), ACK_TIMEOUT_MS);
      this.pending.add(cancel);
      // Socket.IO would buffer the event for a reconnection that never happens.
      if (!this.isOpen) return cancel();
      emit((response) => {
        settle();
        if (response.ok) return resolve(response);
        const { code, message, ...details } = response.error;
        reject(new ChatClientError(code, message, details));
      });
    });
  }
}

function waitForConnect(socket: ChatSocket, timeoutMs: number, cancellation: Cancellation): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  let stopListening: (() => void) | undefined;
  const connected = new Promise<void>((resolve, reject) => {
    const fail = (message: string) => reject(new ChatClientError('OFFLINE', message));
    const cancel = () => fail('The connection attempt was canceled. Try again.');
    if (cancellation.isCanceled) return cancel();
    stopListening = cancellation.onCancel(cancel);
    timer = setTimeout(() => fail('The server did not respond in time. Try again.'), timeoutMs);
    // Before Socket.IO's own handshake, a connection can close without a `connect_error`.
    socket.once('disconnect', () => fail('The connection was lost while it was being opened. Try again.'));
    socket.once('connect', resolve);
    socket.once('connect_error', (error: Error & { data?: ConnectErrorData }) => {
      const { code = 'OFFLINE', ...details } = error.data ?? {};
      reject(new ChatClientError(code, error.message, { ...details, cause: error }));
    });
  });
  return connected.finally(() => {
    clearTimeout(timer);
    stopListening?.();
  });
}
