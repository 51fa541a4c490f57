import type { Message } from '../../src/domain/message';
import { SESSION_CHANGES, type SessionEvent } from '../../src/domain/session';
import { canonicalId, utf8Length } from '../../src/domain/text';
import type { User } from '../../src/domain/user';
import { createAccountCalls, createSessionCalls, regenerateReply, sessionPath } from './apiCalls';
import { type BackoffOptions, Cancellation } from './backoff';
import { joinTabs, storageKey, type TabEvent, type Tabs, watchPage } from './browser';
import type { ChatClient, ChatClientEvents, ChatClientOptions, OutgoingMessage } from './chatClient';
import { notLoggedInError, sessionDeletedError } from './chatClientError';
import { ConnectionManager, renewConnectionToken } from './connectionManager';
import { newId, originOf, requireGlobals } from './environment';
import { Listeners } from './listeners';
import { isStoredLogin, LoginManager } from './login';
import { isStoredOutbox, Outbox, OutboxStore } from './outbox';
import { RestApi } from './restApi';
import { createRestCall, type RestCall } from './restCall';
import { type ConnectionListener, SocketConnection } from './socketConnection';
import { defaultStorage, StoredValue } from './storage';
import { Subscriptions } from './subscriptions';

/** The default delays between attempts. */
const INITIAL_DELAY_MS = 500;
const MAX_DELAY_MS = 5_000;
/** The server may close the connection on a larger event, without an error. */
const MAX_EVENT_BYTES = 60_000;

/**
 * Creates a client of one server. If the storage contains a login, the client connects immediately and sends the messages that an
 * earlier client has left in the outbox. Throws a `TypeError` for a `url` that has no origin, and where the environment lacks what a client
 * can't work without.
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  requireGlobals(options.fetch !== undefined);
  const core = new ClientCore(options);
  const { login, connections, outbox, subscriptions, listeners } = core;
  core.start();
  return {
    get user() {
      return login.user;
    },
    get connection() {
      return connections.state;
    },
    get outbox() {
      return outbox.messages;
    },
    ...createAccountCalls(core),
    ...createSessionCalls(core.api),
    async send(sessionId, content, { clientMessageId = newId() } = {}) {
      login.reportChange();
      const createdAt = new Date().toISOString();
      return outbox.send({ sessionId: canonicalId(sessionId), clientMessageId, content, createdAt });
    },
    async edit(sessionId, messageId, content, { clientMessageId = newId() } = {}) {
      login.reportChange();
      const createdAt = new Date().toISOString();
      const replaces = canonicalId(messageId);
      return outbox.send({
        sessionId: canonicalId(sessionId),
        clientMessageId,
        content,
        replaces,
        createdAt,
      });
    },
    regenerate(sessionId, messageId, variant) {
      const newest = subscriptions.newestVariant(canonicalId(sessionId), canonicalId(messageId));
      return regenerateReply(core.api, sessionId, messageId, variant ?? newest + 1);
    },
    subscribe: (sessionId, subscriber) => subscriptions.open(canonicalId(sessionId), subscriber),
    on: (event, listener) => listeners.on(event, listener),
    close: () => core.close(),
  };
}

/** Creates the parts of a client and passes events between them. */
class ClientCore {
  readonly listeners = new Listeners<ChatClientEvents>();
  readonly backoff: BackoffOptions;
  readonly call: RestCall;
  readonly login: LoginManager;
  readonly api: RestApi;
  readonly connections: ConnectionManager;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  private readonly tabs: Tabs;
  private readonly closing = new Cancellation();
  private readonly stopWatching: () => void;
  /** The user of the current connection, subscriptions and outbox. */
  private userId: string | null = null;

  constructor({ url, storage = defaultStorage(), fetch: given, socketOptions = {} }: ChatClientOptions) {
    const origin = originOf(url);
    const name = `smart-chat ${origin}`;
    const { reconnectionDelay = INITIAL_DELAY_MS, reconnectionDelayMax = MAX_DELAY_MS } = socketOptions;
    this.backoff = { initialMs: reconnectionDelay, maxMs: reconnectionDelayMax };
    this.call = createRestCall(origin, given ?? ((...request) => fetch(...request)));
    this.tabs = joinTabs(name, (event) => this.handleTabEvent(event));
    const storedLogin = new StoredValue(storage, storageKey(name, 'login'), isStoredLogin);
    this.login = new LoginManager(storedLogin, this.call, this.tabs, (user) => this.handleUserChange(user));
    this.api = new RestApi(this.call, this.login, this.backoff, this.closing);
    this.connections = new ConnectionManager({
      login: this.login,
      backoff: this.backoff,
      open: (token, cancelSignal) =>
        SocketConnection.open(origin, token, socketOptions, this.connectionListener(), cancelSignal),
      onOpen: (connection) => this.subscriptions.resume(connection),
      onStateChange: (state) => {
        this.listeners.emit('connection', state);
        if (state === 'online') this.listeners.emit('sessions', undefined);
      },
    });
    this.subscriptions = this.createSubscriptions();
    const storedOutbox = new StoredValue(storage, storageKey(name, 'outbox'), isStoredOutbox);
    this.outbox = this.createOutbox(new OutboxStore(storedOutbox));
    this.stopWatching = watchPage({
      onAvailable: () => this.connections.retryNow(),
      onOffline: () => this.connections.connection?.close(),
      onHide: () => this.tabs.notify('closed'),
    });
  }

  /** Resumes with the stored login and outbox. */
  start(): void {
    this.switchUser(this.login.user);
  }

  close(): void {
    this.closing.cancel();
    this.stopWatching();
    this.tabs.notify('closed');
    this.tabs.close();
    this.subscriptions.close();
    this.connections.stop();
    this.outbox.close();
  }

  private createSubscriptions(): Subscriptions {
    const { sessions, history } = createSessionCalls(this.api);
    return new Subscriptions({
      backoff: this.backoff,
      findSession: sessions.get,
      readAfter: (sessionId, after) => history(sessionId, { after }),
      connection: () => this.connections.connection,
      onDeleted: (sessionId) => this.outbox.discard(sessionDeletedError(), sessionId),
      onError: (error) => this.listeners.emit('error', error),
    });
  }

  private createOutbox(store: OutboxStore): Outbox {
    return new Outbox({
      store,
      backoff: this.backoff,
      userId: () => this.userId,
      whenReady: (sessionId) => this.whenReady(sessionId),
      transmit: (connection, message) => this.transmit(connection, message),
      onChange: () => {
        this.tabs.notify('outbox');
        this.listeners.emit('outbox', this.outbox.messages);
      },
      onError: (error) => this.listeners.emit('error', error),
    });
  }

  /** Waits for the existence check of a subscribed session: sending to a session deleted meanwhile would recreate it. */
  private async whenReady(sessionId: string): Promise<SocketConnection> {
    for (;;) {
      const connection = await this.connections.whenConnected();
      await this.subscriptions.checked(sessionId);
      if (connection.isOpen && connection === this.connections.connection) return connection;
    }
  }

  private async transmit(connection: SocketConnection, outgoing: OutgoingMessage): Promise<Message> {
    const { sessionId, content, clientMessageId, replaces } = outgoing;
    const message = { content, clientMessageId, ...(replaces !== undefined && { replaces }) };
    const payload = { sessionId, ...message };
    const size = utf8Length(JSON.stringify(payload));
    return size <= MAX_EVENT_BYTES ? connection.send(payload) : this.sendByRest(sessionId, message);
  }

  /** For messages too large for an event. The server's rejection over REST says why. */
  private async sendByRest(sessionId: string, body: object): Promise<Message> {
    const path = `${sessionPath(sessionId)}/messages`;
    const { message } = await this.api.call<{ message: Message }>({ method: 'POST', path, body });
    return message;
  }

  private connectionListener(): ConnectionListener {
    return {
      onMessage: (message) => this.subscriptions.receive(message),
      onDelta: (delta) => this.subscriptions.receiveDelta(delta),
      onSession: (event) => this.handleSessionEvent(event),
      onTokenExpiring: (connection) => void renewConnectionToken(connection, this.login, this.backoff),
    };
  }

  private handleSessionEvent(event: SessionEvent): void {
    if (event.type === 'list') {
      this.listeners.emit('sessions', undefined);
      return;
    }
    // A newer server may send types of changes that this client does not know.
    if (!SESSION_CHANGES.includes(event.type)) return;
    if (event.type === 'deleted') {
      this.subscriptions.fail(sessionDeletedError(), event.session.id);
      this.outbox.discard(sessionDeletedError(), event.session.id);
    }
    this.listeners.emit('session', event);
  }

  private handleTabEvent(event: TabEvent): void {
    if (event === 'login') this.login.reportChange();
    else this.handleOutboxEvent(event);
  }

  private handleOutboxEvent(event: 'outbox' | 'closed'): void {
    if (event === 'outbox') this.outbox.scheduleTakeOver();
    else if (this.userId !== null) this.outbox.takeOver(this.userId);
    this.listeners.emit('outbox', this.outbox.messages);
  }

  private handleUserChange(user: User | null): void {
    // A login that completes after `close` is only stored, for the next client.
    if (this.closing.isCanceled) return;
    if (user?.id !== this.userId) this.switchUser(user);
    this.listeners.emit('user', user);
  }

  private switchUser(user: User | null): void {
    this.connections.stop();
    const previous = this.userId;
    if (previous) this.outbox.rejectRemoved(previous);
    this.userId = user?.id ?? null;
    // Without a previous user, existing subscriptions are for this one.
    if (previous) this.subscriptions.fail(notLoggedInError());
    if (!user) return;
    this.connections.start();
    this.outbox.takeOver(user.id);
  }
}
