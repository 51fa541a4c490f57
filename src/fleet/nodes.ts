import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Beat, FleetStore } from '../stores/fleetStore';
import type { Logger } from '../utils/logger';
import { isSystemError } from '../utils/systemError';

/** Changes whenever nodes of this version and of the one before can't work together. Nodes whose numbers differ by one can. */
export const PROTOCOL = 1;

const BEAT_MS = 1_000;
/** A node is dead if its counter is the same in this number of consecutive reads, with a beat of the reader before each. */
const READS_UNTIL_DEAD = 8;
/** The number of beats in a row that a node may miss before it gives up its replies. Less than `READS_UNTIL_DEAD`. */
const FAILING_BEATS = 5;
/** How many reads the beat of a dead node stays, so that every node closes the sockets of logins that it revoked. */
const READS_UNTIL_REMOVED = 60;
/** How long a revoked login stays in the beats. */
const REVOKED_MS = 10_000;
const MAX_REVOKED = 10_000;
/** How long revocations wait for each other before they are written. */
const COALESCE_MS = 50;
/** How long a start waits for the other nodes to notice it. One that has not answered by then is taken for dead. */
const GREET_MS = 3_000;
const GREET_POLL_MS = 200;

/** Another live node is configured so that the two can't work together. The message says what to change. */
export class NodeRefused extends Error {}

export interface NodeSettings {
  /** `NODE_ID`, or a random name. */
  name: string;
  /** `JWT_SECRET`: the first one signs. */
  secrets: readonly string[];
  /** Overrides `BEAT_MS` in tests. */
  beatMs?: number | undefined;
}

export interface NodeListener {
  /** The state of the bus for the next beat. */
  busState(): Beat['bus'];
  /** Called with the logins that other nodes have revoked, several times for each. */
  onRevoked(loginIds: readonly string[]): void;
  /** The first beat of another node was read. This node's next beat, for which the other one waits, follows when this resolves. */
  onPeer(): Promise<void>;
  /** Another node was found dead: what it had claimed is free. */
  onPeerDead(): void;
  /** Other nodes have taken this one for dead, and may have taken over its work. */
  onTakenForDead(): void;
  /** Called when a beat is written, or can't be. */
  onBeat(): void;
  /** Called after each round: beat written, beats read. */
  onRound(): void;
}

interface Peer {
  counter: number;
  /** Reads in a row in which the counter stood still. */
  still: number;
  isDead: boolean;
}

/** The nodes on this database: writes the beat of this one, reads those of all others, and finds out which are dead. */
export class Nodes {
  private id = randomUUID();
  private counter = 0;
  private readonly peers = new Map<string, Peer>();
  private readonly revoked = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private nextWrite: Promise<boolean> | null = null;
  private isStopped = false;
  private readonly process = currentProcess();
  /** When the first of the latest beats that failed was due; null if the last one was written. */
  private failingSince: number | null = null;

  constructor(
    private readonly store: FleetStore,
    private readonly settings: NodeSettings,
    private readonly listener: NodeListener,
    private readonly logger: Logger,
  ) {}

  /** The incarnation id of this process. It changes if other nodes take it for dead. */
  get node(): string {
    return this.id;
  }

  /** False while this node can't write its beat. */
  get isDatabaseOk(): boolean {
    return this.failingSince === null;
  }

  /** Since when this node could not write a beat, by `performance.now()`, if that is so long that others soon take it for dead; else null. */
  get failingForLongSince(): number | null {
    const { beatMs = BEAT_MS } = this.settings;
    const { failingSince } = this;
    if (failingSince === null || performance.now() - failingSince < FAILING_BEATS * beatMs) return null;
    return failingSince;
  }

  /** The other nodes that are not known to be dead. */
  get livePeers(): string[] {
    return [...this.peers].flatMap(([node, { isDead }]) => (isDead ? [] : [node]));
  }

  /**
   * Writes the first beat and waits until the other nodes know this one. Rejects with `NodeRefused` if a live node can't work together
   * with it, and as the store does.
   */
  async start(): Promise<void> {
    await this.buryEnded();
    await this.write();
    const first = await this.readOthers();
    const deadline = performance.now() + GREET_MS;
    let waiting = first.filter(({ isDead }) => !isDead);
    while (waiting.length > 0 && performance.now() < deadline) {
      await this.write();
      const beats = new Map((await this.readOthers()).map((beat) => [beat.node, beat]));
      for (const { node, counter } of waiting) {
        const beat = beats.get(node);
        if (beat && beat.counter !== counter) await this.refuseConflict(beat);
      }
      waiting = waiting.filter(({ node }) => beats.get(node)?.peers.includes(this.id) === false);
      if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, GREET_POLL_MS));
    }
    await this.round();
  }

  /** Nodes whose process on this machine has ended need not be waited for: a restart after a kill goes on at once. */
  private async buryEnded(): Promise<void> {
    for (const { node, counter, isDead, process } of await this.readOthers()) {
      if (!isDead && hasEnded(process, this.process)) await this.store.markDead(node, counter);
    }
  }

  /** Puts the logins into the beat of this node. Resolves when every node can read them there; rejects as the store does. */
  async revoke(loginIds: readonly string[]): Promise<void> {
    const until = performance.now() + REVOKED_MS;
    for (const id of loginIds) {
      if (this.revoked.size < MAX_REVOKED) this.revoked.set(id, until);
    }
    this.nextWrite ??= new Promise<void>((resolve) => setTimeout(resolve, COALESCE_MS)).then(() => {
      this.nextWrite = null;
      return this.write();
    });
    await this.nextWrite;
  }

  /** Removes the beat, which frees the claims of this node. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.store.removeNode(this.id).catch(() => {});
  }

  /** Writes the beat and reads all others, now and then each second. */
  private async round(): Promise<void> {
    clearTimeout(this.timer);
    const startedAt = performance.now();
    try {
      await this.writeAndRead();
    } catch {
      // Every store logs its failures.
    }
    if (this.isStopped) return;
    this.listener.onRound();
    const { beatMs = BEAT_MS } = this.settings;
    const rest = Math.max(beatMs / 4, beatMs - (performance.now() - startedAt));
    this.timer = setTimeout(() => void this.round(), rest).unref();
  }

  private async writeAndRead(): Promise<void> {
    if (!(await this.write())) {
      this.logger.warn({ node: this.id }, 'other nodes have taken this one for dead');
      this.id = randomUUID();
      this.counter = 0;
      this.listener.onTakenForDead();
      await this.write();
    }
    const beats = await this.readOthers();
    if (this.isStopped) return;
    const known = this.peers.size;
    await this.compare(beats);
    const revoked = beats.flatMap((beat) => beat.revoked);
    if (revoked.length > 0) this.listener.onRevoked(revoked);
    // A new node waits until it finds itself in this beat.
    if (this.peers.size > known) await this.write();
  }

  private async compare(beats: readonly Beat[]): Promise<void> {
    const present = new Set(beats.map(({ node }) => node));
    for (const node of this.peers.keys()) if (!present.has(node)) this.peers.delete(node);
    for (const { node, counter, isDead } of beats) {
      const isNew = !this.peers.has(node);
      const still = this.observe(node, counter, isDead);
      if (isNew && !isDead) await this.listener.onPeer();
      if (isDead) await this.removeIfOld(node, still);
      else if (still >= READS_UNTIL_DEAD) await this.bury(node, counter);
    }
  }

  private async removeIfOld(node: string, still: number): Promise<void> {
    if (still >= READS_UNTIL_REMOVED) await this.store.removeNode(node);
  }

  /** Returns how many reads in a row have shown this same beat. */
  private observe(node: string, counter: number, isDead: boolean): number {
    const peer = this.peers.get(node);
    const isStill = peer?.counter === counter && peer.isDead === isDead;
    const still = isStill ? peer.still + 1 : 0;
    this.peers.set(node, { counter, still, isDead });
    return still;
  }

  /** The beat decides: a node that has written another one meanwhile lives on. */
  private async bury(node: string, counter: number): Promise<void> {
    if (!(await this.store.markDead(node, counter))) return;
    this.logger.warn({ node }, 'another node is dead');
    this.peers.set(node, { counter, still: 0, isDead: true });
    this.listener.onPeerDead();
  }

  private async write(): Promise<boolean> {
    const now = performance.now();
    for (const [id, until] of this.revoked) if (until < now) this.revoked.delete(id);
    this.counter += 1;
    try {
      const isAlive = await this.store.writeBeat({
        node: this.id,
        name: this.settings.name,
        counter: this.counter,
        bus: this.listener.busState(),
        protocol: PROTOCOL,
        secrets: this.settings.secrets.map(fingerprint),
        revoked: [...this.revoked.keys()],
        peers: this.livePeers,
        process: this.process,
        isDead: false,
      });
      this.failingSince = null;
      return isAlive;
    } catch (error) {
      this.failingSince ??= now;
      throw error;
    } finally {
      this.listener.onBeat();
    }
  }

  private async readOthers(): Promise<Beat[]> {
    return (await this.store.readBeats()).filter(({ node }) => node !== this.id);
  }

  private async refuseConflict(other: Beat): Promise<void> {
    const conflict = conflictWith(other, this.settings);
    if (conflict === null) return;
    await this.stop();
    throw new NodeRefused(conflict);
  }
}

/** Why the two nodes can't work together, and what to change; null if they can. */
function conflictWith(other: Beat, { name, secrets }: NodeSettings): string | null {
  if (other.name === name) {
    return `Another node with the NODE_ID "${name}" uses this database: give each node its own NODE_ID.`;
  }
  const own = secrets.map(fingerprint);
  const [signing = ''] = own;
  const [otherSigning = ''] = other.secrets;
  if (!other.secrets.includes(signing) || !own.includes(otherSigning)) {
    return (
      `The node "${other.name}" uses this database with another JWT_SECRET: set the same secrets on all nodes. To replace a ` +
      'secret, first add the new one at the end of every list.'
    );
  }
  if (Math.abs(other.protocol - PROTOCOL) > 1) {
    return (
      `The node "${other.name}" runs a version that can't work together with this one: stop all nodes of that version ` +
      'first, or update in smaller steps.'
    );
  }
  return null;
}

/** Keyed by the secret itself: reading it from the database makes a weak secret no easier to guess than a token does. */
function fingerprint(secret: string): string {
  return createHmac('sha256', secret).update('fleet fingerprint').digest('base64url').slice(0, 22);
}

/** This process; null where a number alone doesn't tell one process from another. */
function currentProcess(): Beat['process'] {
  try {
    // Containers on one machine count their processes apart, and each boot starts again.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { space: `${boot} ${readlinkSync('/proc/self/ns/pid')}`, pid: process.pid };
  } catch {
    return null;
  }
}

/** True if it is certain that the process has ended. */
function hasEnded(other: Beat['process'] | undefined, own: Beat['process']): boolean {
  if (!other || other.space !== own?.space) return false;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return isSystemError(error, 'ESRCH');
  }
}

const TICK_MS = 500;
/** How much later than planned a timer must fire for the process to count as frozen. */
const LATE_MS = 2_000;

/**
 * Notices that this process did not run for some seconds, such as a paused container. Until it has read again what it may have missed,
 * its state is out of date.
 */
export class LoopWatch {
  private lastTick = performance.now();
  private timer: NodeJS.Timeout | undefined;

  /** Calls `onLate` when the process runs again, unless `isLate` has said so before. */
  start(onLate: () => void): void {
    this.lastTick = performance.now();
    this.timer = setInterval(() => {
      if (this.isLate()) onLate();
      this.lastTick = performance.now();
    }, TICK_MS).unref();
  }

  /** True once after each time that the process was frozen. */
  isLate(): boolean {
    const now = performance.now();
    const isLate = this.timer !== undefined && now - this.lastTick > TICK_MS + LATE_MS;
    if (isLate) this.lastTick = now;
    return isLate;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
