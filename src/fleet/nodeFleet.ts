import { randomBytes } from 'node:crypto';
import { ChatError } from '../domain/errors';
import type { Publisher } from '../services/publisher';
import type { ChatStore } from '../stores/chatStore';
import type { FleetStore } from '../stores/fleetStore';
import type { Logger } from '../utils/logger';
import { type Bus, openRedisBus, RedisCounter } from './bus';
import { DraftRelay } from './draftRelay';
import { Feeds, PositionCheck } from './feeds';
import {
  createLocalPublisher,
  type Devices,
  type Fleet,
  type FleetFigures,
  type FleetHooks,
  type JoinedSession,
} from './fleet';
import { createFleetPublisher } from './fleetPublisher';
import { Channels, type Hint, type Pulse } from './hints';
import { LoopWatch, Nodes } from './nodes';
import { SessionReports } from './sessionReports';

/** All positions are checked once per this number of rounds, and in every round while hints don't arrive. A round is one beat. */
const CHECK_ROUNDS = 5;
/** Nodes that are started together don't check at the same time. */
const MAX_JITTER_MS = 1_000;
/** How long a call to the database takes at most before it fails. */
const DATABASE_TIMEOUT_MS = 3_000;
/** How many rounds lie between two sweeps for what other nodes have left undone. */
const SWEEP_ROUNDS = 2;

/** How long to wait before the logins are looked up again if that failed after the process was frozen. */
const RECOVERY_RETRY_MS = 200;

export interface FleetSettings {
  redisUrl: string | null;
  nodeId: string | null;
  jwtSecrets: readonly string[];
}

export interface FleetDependencies {
  store: FleetStore;
  accounts: Pick<ChatStore, 'findDrafts' | 'findSession' | 'listLogins'>;
  /** Replies are made piece by piece. */
  isStreaming: boolean;
  devices: Devices;
  logger: Logger;
  beatMs?: number | undefined;
  listSpreadMs?: number | undefined;
  countTimeoutMs?: number | undefined;
}

/** The fleet of a database that several nodes use. It never waits for Redis on the way of a message. */
export class NodeFleet implements Fleet {
  readonly publisher: Publisher;
  readonly peers: NonNullable<Fleet['peers']>;
  readonly attempts?: RedisCounter;
  readonly connectionPrefix: string | null;
  private readonly feeds: Feeds;
  private readonly check: PositionCheck;
  private readonly nodes: Nodes;
  private readonly reports: SessionReports;
  /** Null if there are no drafts to show. */
  private readonly relay: DraftRelay | null;
  private readonly loop = new LoopWatch();
  private readonly name: string;
  private bus: Bus | null = null;
  private hooks: FleetHooks | null = null;
  private rounds = 0;
  private recovery: Promise<void> | null = null;
  private wasBusOk = false;
  private isStopped = false;
  /** False while a live node is not heard over Redis. */
  private heardAll = true;
  /** The last pulse of each other node, and when it came. */
  private readonly pulses = new Map<string, Pulse & { at: number }>();
  private hasGivenUp = false;

  constructor(
    private readonly settings: FleetSettings,
    private readonly dependencies: FleetDependencies,
  ) {
    const { store, devices, logger, beatMs } = dependencies;
    this.connectionPrefix = settings.nodeId;
    if (settings.redisUrl !== null) this.attempts = new RedisCounter(dependencies.countTimeoutMs);
    this.name = settings.nodeId ?? randomBytes(6).toString('hex');
    this.relay = dependencies.isStreaming ? this.createRelay() : null;
    this.feeds = new Feeds(
      store,
      {
        ...devices,
        deliver: (session, message, exceptSocket) => {
          // Before the delivery, so that a socket that joins now doesn't get both the draft and its reply.
          this.relay?.delivered(message);
          devices.deliver(session, message, exceptSocket);
          if (message.sender === 'server') this.hooks?.replyStored(session.sessionId);
        },
      },
      (userId) => this.isBusOk() && this.bus?.isSubscribed(userId) === true,
    );
    this.check = new PositionCheck({ checkSlice: (sessions) => this.feeds.checkSlice(sessions) });
    this.reports = new SessionReports({ ...dependencies, feeds: this.feeds });
    this.nodes = new Nodes(store, { name: this.name, secrets: settings.jwtSecrets, beatMs }, this, logger);
    this.publisher = createFleetPublisher({
      local: createLocalPublisher(devices),
      devices,
      feeds: this.feeds,
      nodes: this.nodes,
      relay: this.relay,
      loginsOf: (userId) => dependencies.accounts.listLogins(userId, ''),
      publish: (userId, hint) => this.bus?.publish(userId, hint),
    });
    this.peers = {
      owner: () => this.nodes.node,
      assertAlive: () => {
        if (!this.nodes.isDatabaseOk) throw new ChatError('UNAVAILABLE');
      },
      isShared: () => this.nodes.livePeers.length > 0,
      hintStop: ({ userId, sessionId }) => this.bus?.publish(userId, { kind: 'stop', sessionId }),
    };
  }

  connect(hooks: FleetHooks): void {
    this.hooks = hooks;
  }

  async start(): Promise<void> {
    const { redisUrl, jwtSecrets } = this.settings;
    if (redisUrl !== null) {
      this.feeds.activate();
      const channels = new Channels(await this.dependencies.store.databaseId(), jwtSecrets);
      this.bus = await openRedisBus(redisUrl, channels, this, this.dependencies.logger);
      await this.attempts?.open(this.bus, channels.counts);
    }
    this.loop.start(() => this.recover());
    await this.nodes.start();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.loop.stop();
    this.reports.stop();
    this.check.stop();
    this.relay?.stop();
    await this.nodes.stop();
    this.bus?.close();
  }

  async admit(userId: string): Promise<(() => void) | null> {
    const { bus } = this;
    if (!bus) return null;
    await bus.retain(userId);
    return () => bus.release(userId);
  }

  ready(): Promise<void> | undefined {
    // A process that was frozen reads its sockets before its timers fire.
    if (this.loop.isLate()) this.recover();
    return this.recovery ?? undefined;
  }

  catchUp(session: JoinedSession, lastSeq: number, join: () => void): Promise<number> | undefined {
    const caughtUp = this.feeds.catchUp(session, lastSeq, join);
    const loaded = this.relay?.load(session);
    if (!loaded) return caughtUp;
    return Promise.all([caughtUp ?? lastSeq, loaded]).then(([reached]) => reached);
  }

  liveNodes(): number {
    return this.nodes.livePeers.length + 1;
  }

  isBusOk(): boolean {
    return this.bus?.isConnected === true && this.hearsAll(this.bus);
  }

  figures(): FleetFigures {
    const { sent = 0, received = 0, dropped = 0 } = this.bus ?? {};
    return {
      hints: { sent, received, dropped },
      reads: this.feeds.reads,
      unhintedGaps: this.feeds.unhintedGaps,
      checkLagSeconds: this.nodes.livePeers.length > 0 ? this.check.lagSeconds : 0,
    };
  }

  busState(): 'ok' | 'away' | 'none' {
    if (!this.bus) return 'none';
    return this.isBusOk() ? 'ok' : 'away';
  }

  onRevoked(loginIds: readonly string[]): void {
    for (const loginId of loginIds) this.dependencies.devices.disconnectLogin(loginId);
  }

  /** The other node waits for the next beat, so what is in the database now is all from this node. */
  async onPeer(): Promise<void> {
    if (this.feeds.isActive) return;
    this.feeds.activate();
    await this.feeds.check(this.feeds.sessionsOf()).catch(() => {});
  }

  onPeerDead(): void {
    this.check.checkFirst(this.feeds.sessionsOf());
    this.sweep();
  }

  onTakenForDead(): void {
    this.hooks?.abortReplies();
    this.hooks?.closeConnections();
  }

  /** The pulse comes first, so that a new node is heard before the others find its beat. */
  onBeat(): void {
    const { bus } = this;
    if (!bus) return;
    const database = this.nodes.isDatabaseOk ? 'ok' : 'away';
    bus.sendPulse({ node: this.nodes.node, database, lostReports: bus.lostReports });
  }

  onRound(): void {
    this.rounds += 1;
    this.lookForSilence();
    this.giveUpReplies();
    if (this.nodes.livePeers.length === 0) return;
    this.checkReplies();
    const isOk = this.isBusOk();
    const all = () => this.feeds.sessionsOf();
    // Whatever was published while the bus was away is found at once when it is back.
    if (isOk && !this.wasBusOk) this.check.checkFirst(all());
    if (!isOk) this.check.startRound(all(), 0);
    else if (this.rounds % CHECK_ROUNDS === 0) this.check.startRound(all(), MAX_JITTER_MS);
    else this.check.checkFirst(this.feeds.sessionsOf((userId) => this.bus?.isSubscribed(userId) !== true));
    this.wasBusOk = isOk;
    if (this.rounds % SWEEP_ROUNDS === 0) this.sweep();
  }

  private checkReplies(): void {
    void this.hooks?.checkDrafts();
    if (!this.relay) return;
    this.relay.askAgain();
    if (this.isBusOk() && this.rounds % CHECK_ROUNDS !== 0) return;
    void this.relay.check(this.feeds.sessionsOf());
  }

  onHint(userId: string, hint: Hint): void {
    const { devices } = this.dependencies;
    switch (hint.kind) {
      case 'messages':
        this.feeds.hint({ userId, sessionId: hint.sessionId }, hint.key, hint.seq);
        this.reports.active({ userId, sessionId: hint.sessionId });
        break;
      case 'session':
        this.reports.changed(userId, hint);
        break;
      case 'deleted':
        this.reports.deleted(userId, hint);
        break;
      case 'login':
        devices.disconnectLogin(hint.loginId);
        break;
      case 'user':
        devices.disconnectUser(userId);
        break;
      case 'stop':
        void this.hooks?.checkDrafts();
        break;
      case 'wanted':
        this.relay?.wanted({ userId, sessionId: hint.sessionId });
        break;
      case 'draft':
        this.relay?.receive(userId, hint);
    }
  }

  onPulse(pulse: Pulse): void {
    const { node, lostReports } = pulse;
    if (node === this.nodes.node) return;
    if (lostReports > (this.pulses.get(node)?.lostReports ?? 0)) this.reports.missed();
    this.pulses.set(node, { ...pulse, at: performance.now() });
  }

  /** Hints may have been missed until now. */
  onSubscribed(userIds: readonly string[]): void {
    this.reports.missed(userIds);
    // Most users subscribe before they have a socket.
    const users = new Set(userIds.filter((userId) => this.dependencies.devices.hasUser(userId)));
    if (users.size > 0) this.check.checkFirst(this.feeds.sessionsOf((userId) => users.has(userId)));
  }

  private hearsAll(bus: Bus): boolean {
    return this.nodes.livePeers.every((node) => bus.hears(node));
  }

  /** Nodes that did not hear each other, such as those of a split Redis, have missed each other's reports. */
  private lookForSilence(): void {
    if (!this.bus) return;
    const hearsAll = this.hearsAll(this.bus);
    if (hearsAll && !this.heardAll) this.reports.missed();
    this.heardAll = hearsAll;
    for (const node of this.pulses.keys()) if (!this.bus.hears(node)) this.pulses.delete(node);
  }

  /**
   * While the database is away from all nodes, replies run on, and are stored when it is back. If only this node can't reach it, the others
   * are about to take its replies over.
   */
  private giveUpReplies(): void {
    const since = this.nodes.failingForLongSince;
    // What was said earlier may be from a node that had not noticed yet.
    const isAlone = (pulse: Pulse & { at: number }) =>
      since !== null && pulse.database === 'ok' && pulse.at > since + DATABASE_TIMEOUT_MS;
    const mustGiveUp = [...this.pulses.values()].some(isAlone);
    if (mustGiveUp && !this.hasGivenUp) {
      this.dependencies.logger.warn({}, 'only this node cannot reach the database; its replies are aborted');
      this.hooks?.abortReplies();
    }
    this.hasGivenUp = mustGiveUp;
  }

  private createRelay(): DraftRelay {
    const { accounts, devices } = this.dependencies;
    return new DraftRelay({
      store: accounts,
      devices,
      owner: () => this.nodes.node,
      isShared: () => this.nodes.livePeers.length > 0,
      isJoined: (session) => this.feeds.isJoined(session),
      publish: (userId, hint) => this.bus?.publish(userId, hint),
      retain: (userId) => void this.bus?.retain(userId),
      release: (userId) => this.bus?.release(userId),
    });
  }

  private sweep(): void {
    this.hooks?.sweepReplies();
    this.dependencies.store.repair().then(
      (repaired) => {
        for (const { userId, sessionId, key, lastSeq } of repaired) {
          this.feeds.hint({ userId, sessionId }, key, lastSeq);
          this.bus?.publish(userId, { kind: 'messages', sessionId, key, seq: lastSeq });
        }
      },
      () => {},
    );
  }

  /** After the process was frozen: logins may have been revoked and messages missed. Socket events wait for it. */
  private recover(): void {
    if (this.recovery !== null) return;
    this.dependencies.logger.warn({}, 'this process was frozen; reading again what it may have missed');
    if (this.bus) this.reports.missed();
    this.recovery = this.readAgain().then(() => {
      this.recovery = null;
    });
  }

  /** Resolves when the logins are known: until the database answers, a socket may be that of a revoked one. */
  private async readAgain(): Promise<void> {
    const positions = this.feeds.check(this.feeds.sessionsOf()).catch(() => {});
    while (!this.isStopped && (await this.hooks?.checkLogins()) === false) {
      await new Promise((resolve) => setTimeout(resolve, RECOVERY_RETRY_MS));
    }
    await positions;
  }
}
