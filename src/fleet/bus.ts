import { randomUUID } from 'node:crypto';
import type { RateLimiterCompatibleAbstract } from 'rate-limiter-flexible';
import type { Logger } from '../utils/logger';
import type { SharedCounter } from '../utils/rateLimiter';
import type { Channels, Hint, Pulse } from './hints';

/** The deadline of a call to Redis. A call that takes longer counts as failed. */
const CALL_TIMEOUT_MS = 200;
/** The largest number of unanswered calls. Further hints are dropped: the position check finds what they would have announced. */
const MAX_UNANSWERED = 1_000;
/** A connection without a pulse of its own node for this long is replaced. */
const SILENCE_MS = 3_000;
/** A node whose last pulse is older is not heard. Pulses are sent each second. */
const PULSE_AGE_MS = 2_500;
const CONNECT_TIMEOUT_MS = 1_000;
/** How long to wait before the next attempt to connect, with as much again of jitter. */
const RECONNECT_MS = 250;
/** How long a subscription outlives its last socket, so that a client that reconnects finds it. */
const RELEASE_MS = 30_000;
/** Channels in one command after a reconnect. */
const CHANNELS_PER_COMMAND = 500;

/** Called by a bus. All of them are synchronous. */
export interface BusListener {
  /** A hint of another process. */
  onHint(userId: string, hint: Hint): void;
  onPulse(pulse: Pulse): void;
  /** From now on hints for these users arrive. Earlier ones may have been missed. */
  onSubscribed(userIds: readonly string[]): void;
}

/** The arguments of a script of Redis. */
export interface EvalOptions {
  keys: string[];
  arguments: string[];
}

/** Carries hints between nodes, at most once. No method waits for longer than 200 ms, or throws. */
export interface Bus {
  /** False while a call is overdue, or the connection is down or not yet completely subscribed. */
  readonly isConnected: boolean;
  /** The number of hints of this node that were not sent. */
  readonly dropped: number;
  /** The numbers of hints that this node has sent, and received from others. */
  readonly sent: number;
  readonly received: number;
  /** Those of them that nothing else makes up for: sessions that were created, changed or deleted. */
  readonly lostReports: number;
  publish(userId: string, hint: Hint): void;
  /** Tells all nodes, this one included, that this node is alive. */
  sendPulse(pulse: Pulse): void;
  /** True if a pulse of this node arrived within the last 2.5 s. */
  hears(node: string): boolean;
  /** Subscribes to the user's hints. Resolves when that is done, at the latest after 200 ms. Call `release` once for each call. */
  retain(userId: string): Promise<void>;
  release(userId: string): void;
  /** False until Redis has confirmed the subscription. */
  isSubscribed(userId: string): boolean;
  /** Runs a script in Redis. Rejects if there is no connection or Redis refuses it, and waits for as long as Redis takes. */
  evaluate(script: string, options: EvalOptions): Promise<unknown>;
  close(): void;
}

type Client = ReturnType<typeof newClient>;

interface Subscription {
  /** The number of sockets and handshakes that need it. */
  users: number;
  isConfirmed: boolean;
  release?: NodeJS.Timeout;
}

/** A pair of connections to Redis: one that subscribed can't publish. */
interface Link {
  publisher: Client;
  subscriber: Client;
}

/** A bus over Redis or Valkey. It connects, and reconnects, by itself. */
export class RedisBus implements Bus {
  private link: Link | null = null;
  private isComplete = false;
  private unanswered = 0;
  private overdue = 0;
  /** Marks the messages of this process, which it hears as well. */
  private readonly origin = randomUUID();
  /** The incarnation id of this node, and when its own pulse last came back. */
  private node = '';
  private lastPulse = 0;
  private isClosed = false;
  private hasWarned = false;
  dropped = 0;
  lostReports = 0;
  sent = 0;
  received = 0;
  private reconnect: NodeJS.Timeout | undefined;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly heard = new Map<string, number>();
  private readonly watchdog: NodeJS.Timeout;

  constructor(
    private readonly newClient: () => Client,
    private readonly channels: Channels,
    private readonly listener: BusListener,
    private readonly logger: Logger,
  ) {
    this.watchdog = setInterval(() => this.replaceSilentLink(), CONNECT_TIMEOUT_MS).unref();
    void this.connect();
  }

  get isConnected(): boolean {
    return this.isComplete && this.overdue === 0;
  }

  publish(userId: string, hint: Hint): void {
    const channel = this.channels.ofUser(userId);
    const message = this.channels.sign(channel, { ...hint, from: this.origin });
    this.send(channel, message, (isSent) => {
      if (isSent) this.sent += 1;
      else this.dropped += 1;
      if (!isSent && (hint.kind === 'session' || hint.kind === 'deleted')) this.lostReports += 1;
    });
  }

  sendPulse(pulse: Pulse): void {
    this.node = pulse.node;
    this.send(this.channels.nodes, this.channels.sign(this.channels.nodes, pulse), () => {});
  }

  hears(node: string): boolean {
    return performance.now() - (this.heard.get(node) ?? Number.NEGATIVE_INFINITY) < PULSE_AGE_MS;
  }

  async retain(userId: string): Promise<void> {
    const found = this.subscriptions.get(userId);
    const subscription = found ?? { users: 0, isConfirmed: false };
    this.subscriptions.set(userId, subscription);
    clearTimeout(subscription.release);
    subscription.users += 1;
    if (subscription.isConfirmed || !this.link?.subscriber.isReady) return;
    await this.subscribe(this.link, [userId]);
  }

  release(userId: string): void {
    const subscription = this.subscriptions.get(userId);
    if (!subscription) return;
    subscription.users -= 1;
    if (subscription.users > 0) return;
    subscription.release = setTimeout(() => this.unsubscribe(userId), RELEASE_MS).unref();
  }

  isSubscribed(userId: string): boolean {
    return this.isConnected && this.subscriptions.get(userId)?.isConfirmed === true;
  }

  async evaluate(script: string, options: EvalOptions): Promise<unknown> {
    const { link } = this;
    if (!link?.publisher.isReady) throw new Error('Redis is not connected');
    return link.publisher.eval(script, options);
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.watchdog);
    clearTimeout(this.reconnect);
    for (const { release } of this.subscriptions.values()) clearTimeout(release);
    this.drop(this.link);
  }

  private async connect(): Promise<void> {
    const link = { publisher: this.newClient(), subscriber: this.newClient() };
    for (const client of [link.publisher, link.subscriber]) {
      client.on('error', (error: unknown) => this.onFailure(link, error));
    }
    this.link = link;
    this.lastPulse = performance.now();
    try {
      await Promise.all([link.publisher.connect(), link.subscriber.connect()]);
      await link.subscriber.subscribe(this.channels.nodes, (message) => this.onPulse(link, message));
      const users = [...this.subscriptions.keys()];
      for (let start = 0; start < users.length; start += CHANNELS_PER_COMMAND) {
        await this.subscribe(
          link,
          users.slice(start, start + CHANNELS_PER_COMMAND),
          Number.POSITIVE_INFINITY,
        );
      }
      if (this.link !== link) return;
      this.isComplete = true;
      if (this.hasWarned) this.logger.info({}, 'Redis connected again');
      this.hasWarned = false;
    } catch (error) {
      this.onFailure(link, error);
    }
  }

  private onFailure(link: Link, error: unknown): void {
    destroy(link);
    if (this.isClosed || this.link !== link) return;
    if (!this.hasWarned) {
      // The client's errors name hosts and addresses, but never the password.
      this.logger.warn(
        { err: error },
        "Redis is unavailable; nodes read each other's changes from the database",
      );
    }
    this.hasWarned = true;
    this.drop(link);
    clearTimeout(this.reconnect);
    this.reconnect = setTimeout(() => void this.connect(), RECONNECT_MS * (1 + Math.random())).unref();
  }

  private drop(link: Link | null): void {
    this.isComplete = false;
    this.link = null;
    for (const subscription of this.subscriptions.values()) subscription.isConfirmed = false;
    if (link) destroy(link);
  }

  /** A connection that is cut without an error, or a Redis that hangs, is noticed by the missing pulse of this node. */
  private replaceSilentLink(): void {
    if (this.link === null || performance.now() - this.lastPulse < SILENCE_MS) return;
    this.onFailure(this.link, new Error('Redis does not respond'));
  }

  /** Resolves when Redis confirms the channels, at the latest after the timeout. */
  private async subscribe(link: Link, userIds: string[], timeoutMs = CALL_TIMEOUT_MS): Promise<void> {
    const channels = userIds.map((userId) => this.channels.ofUser(userId));
    const done = link.subscriber
      .subscribe(channels, (message, channel) => this.onMessage(channel, message))
      .then(
        () => this.confirm(link, userIds),
        (error: unknown) => this.onFailure(link, error),
      );
    await this.within(done, timeoutMs);
  }

  private confirm(link: Link, userIds: readonly string[]): void {
    if (this.link !== link) return;
    for (const userId of userIds) {
      const subscription = this.subscriptions.get(userId);
      if (subscription) subscription.isConfirmed = true;
    }
    this.listener.onSubscribed(userIds);
  }

  private unsubscribe(userId: string): void {
    this.subscriptions.delete(userId);
    const { link } = this;
    if (!link?.subscriber.isReady) return;
    link.subscriber
      .unsubscribe(this.channels.ofUser(userId))
      .catch((error: unknown) => this.onFailure(link, error));
  }

  private send(channel: string, message: string, onEnd: (isSent: boolean) => void): void {
    const { link } = this;
    if (!link?.publisher.isReady || this.unanswered >= MAX_UNANSWERED) {
      onEnd(false);
      return;
    }
    this.unanswered += 1;
    const sent = link.publisher.publish(channel, message).then(
      () => onEnd(true),
      (error: unknown) => {
        onEnd(false);
        this.onFailure(link, error);
      },
    );
    void this.within(
      sent.finally(() => {
        this.unanswered -= 1;
      }),
      CALL_TIMEOUT_MS,
    );
  }

  /** Resolves with the call, at the latest after the timeout; while a call is overdue, the bus counts as away. */
  private within(call: Promise<void>, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (timeoutMs === Number.POSITIVE_INFINITY) return void call.then(resolve);
      let isOverdue = false;
      let isSettled = false;
      const check = () => {
        if (isSettled) return;
        isOverdue = true;
        this.overdue += 1;
        resolve();
      };
      // An answer that has arrived while this process was busy is read in the turn before `setImmediate`.
      const timer = setTimeout(() => setImmediate(check), timeoutMs).unref();
      void call.then(() => {
        isSettled = true;
        clearTimeout(timer);
        if (isOverdue) this.overdue -= 1;
        resolve();
      });
    });
  }

  private onMessage(channel: string, message: string): void {
    const hint = this.channels.hintIn(channel, message);
    if (!hint || hint.from === this.origin) return;
    this.received += 1;
    this.listener.onHint(this.channels.userOf(channel), hint);
  }

  private onPulse(link: Link, message: string): void {
    const pulse = this.channels.pulseIn(message);
    if (!pulse || this.link !== link) return;
    const now = performance.now();
    this.heard.set(pulse.node, now);
    if (pulse.node === this.node) this.lastPulse = now;
    this.listener.onPulse(pulse);
  }
}

function destroy({ publisher, subscriber }: Link): void {
  for (const client of [publisher, subscriber]) if (client.isOpen) client.destroy();
}

/** Loads the Redis client and starts a bus. Resolves before it is connected, so that a start doesn't wait for Redis. */
export async function openRedisBus(
  url: string,
  channels: Channels,
  listener: BusListener,
  logger: Logger,
): Promise<Bus> {
  const redis = await import('@redis/client');
  return new RedisBus(() => newClient(redis, url), channels, listener, logger);
}

/** A client that connects once: the bus itself reconnects, because its subscriptions must be complete before it counts as connected. */
function newClient({ createClient }: typeof import('@redis/client'), url: string) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  });
}

/** How long a shared count is waited for, in milliseconds. Then the count of this node decides. */
const TIMEOUT_MS = 50;
const WINDOW_SECONDS = 60;

/**
 * Counts on all nodes together, in Redis. While Redis is slow or away it gives no counts, so its callers must count by themselves as well:
 * always, because a Redis that comes back empty would otherwise start a second window.
 */
export class RedisCounter implements SharedCounter {
  private limiter: RateLimiterCompatibleAbstract | null = null;
  private bus: Pick<Bus, 'isConnected'> | null = null;

  /** `timeoutMs` overrides `TIMEOUT_MS` in tests. */
  constructor(private readonly timeoutMs = TIMEOUT_MS) {}

  /** Loads the package. `prefix` begins all keys. */
  async open(bus: Pick<Bus, 'isConnected' | 'evaluate'>, prefix: string): Promise<void> {
    const { RateLimiterRedis, RLWrapperTimeouts } = await import('rate-limiter-flexible');
    const limiter = new RateLimiterRedis({
      // The bus replaces its connections, so this is not one of them.
      storeClient: { eval: (script: string, options: EvalOptions) => bus.evaluate(script, options) },
      useRedisPackage: true,
      keyPrefix: prefix,
      points: Number.MAX_SAFE_INTEGER,
      duration: WINDOW_SECONDS,
    });
    this.limiter = new RLWrapperTimeouts({ limiter, timeoutMs: this.timeoutMs });
    this.bus = bus;
  }

  async count(key: string): Promise<{ hits: number; resetMs: number } | null> {
    if (!this.limiter || !this.bus?.isConnected) return null;
    try {
      const { consumedPoints, msBeforeNext } = await this.limiter.penalty(key);
      return { hits: consumedPoints, resetMs: msBeforeNext };
    } catch {
      // The bus logs that Redis is away.
      return null;
    }
  }

  uncount(key: string): void {
    // Best effort: the attempt counts for the rest of the minute if it fails.
    this.limiter?.reward(key).catch(() => {});
  }
}
