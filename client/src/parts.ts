import type { Message } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import type { User } from '../../src/domain/user';
import { Api } from './api';
import type { Waits } from './backoff';
import type { ChatClientEvents, ChatClientOptions, OutgoingMessage } from './chatClient';
import { loggedOut } from './chatClientError';
import { Connection } from './connection';
import { sessionDeleted } from './follower';
import { Link, type LinkListener } from './link';
import { Listeners } from './listeners';
import { isKeptLogin, Login } from './login';
import { Outbox } from './outbox';
import { isKeptOutbox, OutboxStore } from './outboxStore';
import { watchPage } from './pageWatch';
import { createRestCall, type RestCall } from './restCall';
import { pathOf, sessionCalls } from './sessionCalls';
import { defaultStorage, StoredValue } from './storage';
import { Subscriptions } from './subscriptions';
import { joinTabs, storageKey, type Tabs, type Topic } from './tabs';
import { renewToken } from './tokenRenewal';
import { transmit } from './transmission';

/** The waits between attempts, in milliseconds, unless the options say otherwise. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** The parts of a client, and what they tell each other. */
export class Parts {
  readonly listeners = new Listeners<ChatClientEvents>();
  readonly waits: Waits;
  readonly call: RestCall;
  readonly login: Login;
  readonly api: Api;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  private readonly tabs: Tabs;
  private readonly closing = new AbortController();
  private readonly stopWatching: () => void;
  /** Whom all of this is for at the moment. */
  private userId: string | null = null;

  constructor({ url, storage = defaultStorage(), fetch: given, socketOptions = {} }: ChatClientOptions) {
    const { origin } = new URL(url);
    const name = `smart-chat ${origin}`;
    this.waits = {
      first: socketOptions.reconnectionDelay ?? FIRST_WAIT_MS,
      longest: socketOptions.reconnectionDelayMax ?? LONGEST_WAIT_MS,
    };
    this.call = createRestCall(origin, given ?? ((...request) => fetch(...request)));
    this.tabs = joinTabs(name, (topic) => this.hear(topic));
    const storedLogin = new StoredValue(storage, storageKey(name, 'login'), isKeptLogin);
    this.login = new Login(storedLogin, this.call, this.tabs, (user) => this.changeUser(user));
    this.api = new Api(this.call, this.login, this.waits, this.closing.signal);
    this.connection = new Connection({
      login: this.login,
      waits: this.waits,
      open: (token, givenUp) => Link.open(origin, token, socketOptions, this.linkListener(), givenUp),
      opened: (link) => this.subscriptions.resume(link),
      changed: (state) => this.listeners.emit('connection', state),
    });
    const { sessions, history } = sessionCalls(this);
    this.subscriptions = new Subscriptions({
      waits: this.waits,
      findSession: sessions.get,
      readAfter: (sessionId, after) => history(sessionId, { after }),
      link: () => this.connection.link,
      deleted: (sessionId) => this.outbox.drop(sessionDeleted(), sessionId),
      failed: (error) => this.listeners.emit('error', error),
    });
    this.outbox = this.createOutbox(
      new OutboxStore(new StoredValue(storage, storageKey(name, 'outbox'), isKeptOutbox)),
    );
    this.stopWatching = watchPage({
      isWorthTrying: () => this.connection.hurry(),
      networkHasGone: () => this.connection.link?.close(),
      isLeft: () => this.tabs.tell('left'),
    });
  }

  /** Goes on where the storage says that an earlier client has stopped. */
  begin(): void {
    this.follow(this.login.user);
  }

  close(): void {
    this.closing.abort();
    this.stopWatching();
    this.tabs.tell('left');
    this.tabs.close();
    this.subscriptions.close();
    this.connection.stop();
    this.outbox.close();
  }

  private createOutbox(store: OutboxStore): Outbox {
    return new Outbox({
      store,
      waits: this.waits,
      userId: () => this.userId,
      ready: (sessionId) => this.ready(sessionId),
      transmit: (link, message) => this.transmit(link, message),
      changed: () => {
        this.tabs.tell('outbox');
        this.listeners.emit('outbox', this.outbox.messages);
      },
      failed: (error) => this.listeners.emit('error', error),
    });
  }

  /** To send to a session that was deleted meanwhile would make it anew. */
  private async ready(sessionId: string): Promise<Link> {
    for (;;) {
      const link = await this.connection.linked();
      await this.subscriptions.looked(sessionId);
      if (link.isOpen && link === this.connection.link) return link;
    }
  }

  private async transmit(link: Link, outgoing: OutgoingMessage): Promise<Message> {
    const message = await transmit(link, this.api, outgoing);
    // It has made or named its session, and the server tells only the other devices of that.
    if (message.seq === 1) void this.tellOfSession(message.sessionId);
    return message;
  }

  private async tellOfSession(sessionId: string): Promise<void> {
    const found = this.api.patiently<Session>({ method: 'GET', path: pathOf(sessionId) });
    const session = await found.catch(() => null);
    if (session) this.listeners.emit('session', { type: 'renamed', session });
  }

  private linkListener(): LinkListener {
    return {
      message: (message) => this.subscriptions.offer(message),
      session: (change) => {
        if (change.type === 'deleted') {
          this.subscriptions.fail(sessionDeleted(), change.session.id);
          this.outbox.drop(sessionDeleted(), change.session.id);
        }
        this.listeners.emit('session', change);
      },
      tokenExpiring: (link) => void renewToken(link, this.login, this.waits),
    };
  }

  private hear(topic: Topic): void {
    if (topic === 'login') this.login.look();
    else this.hearOfOutbox(topic === 'left');
  }

  private hearOfOutbox(isLeft: boolean): void {
    if (!isLeft) this.outbox.adoptLater();
    else if (this.userId !== null) this.outbox.adopt(this.userId);
    this.listeners.emit('outbox', this.outbox.messages);
  }

  private changeUser(user: User | null): void {
    // A login that comes after the end is for the next client.
    if (this.closing.signal.aborted) return;
    if (user?.id !== this.userId) this.follow(user);
    this.listeners.emit('user', user);
  }

  /** Does everything for this user from now on. */
  private follow(user: User | null): void {
    this.connection.stop();
    const former = this.userId;
    if (former) this.outbox.forgetDropped(former);
    this.userId = user?.id ?? null;
    // What was subscribed to before anybody was there is for this user.
    if (former) this.subscriptions.fail(loggedOut());
    if (!user) return;
    this.connection.start();
    this.outbox.adopt(user.id);
  }
}
