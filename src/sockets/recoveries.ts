import type { ChatServer, ChatSocket } from './chatServer';
import { writeEvent } from './eventPacket';
import { RecoveryLog } from './recoveryLog';

type Adapter = ChatServer['sockets']['adapter'];
type Audience = Parameters<Adapter['broadcast']>[1];

/** What a socket has to hear that is being recovered. */
interface Recovery {
  /** Lets another attempt recover the connection: this one was refused, or lost again. */
  giveBack(): void;
  /** The events it missed until it asked. */
  missed: readonly unknown[];
  /** All events since then, whoever they are for. */
  sentSince: { event: unknown; audience: Audience }[];
}

/**
 * Holds back what a recovered socket missed until its login is checked. Socket.IO by itself writes it to the connection
 * before any middleware has run, so that anyone would hear it, and drops what is sent while the middleware runs. It also lets
 * any number of connections recover the same one: they would share its id, so that a logout finds only the last of them, and
 * the end of one empties the rooms of all.
 */
export class Recoveries {
  private readonly underWay = new Set<Recovery>();
  /** By the socket's data: Socket.IO hands on nothing else of what was restored. */
  private readonly byData = new WeakMap<object, Recovery>();
  /** Socket.IO's own memory of lost connections, by the `pid` that their clients know. */
  private readonly lost: Map<string, unknown>;

  constructor(io: ChatServer) {
    const { adapter } = io.sockets;
    const broadcast = adapter.broadcast.bind(adapter);
    const restore = adapter.restoreSession.bind(adapter);
    const log = new RecoveryLog(adapter);
    const sessions: unknown = Reflect.get(adapter, 'sessions');
    this.lost = sessions instanceof Map ? sessions : new Map();
    adapter.broadcast = (packet, audience) => {
      broadcast(packet, audience);
      log.added(packet.data);
      for (const { sentSince } of this.underWay) sentSince.push({ event: packet.data, audience });
    };
    adapter.restoreSession = (pid, offset) => this.begin(pid, () => restore(pid, offset));
  }

  /** Ends the recovery when its connection closes: it was refused, or lost again. */
  watch({ data, conn }: ChatSocket): void {
    if (!this.byData.has(data)) return;
    const end = () => this.take(data)?.giveBack();
    if (conn.readyState === 'open') conn.once('close', end);
    else end();
  }

  /** Tells a socket that has just been let in what it missed; not later than anything else that is sent to it. */
  replay({ data, rooms, conn }: ChatSocket): void {
    const recovery = this.take(data);
    if (!recovery) return;
    const since = recovery.sentSince.filter(({ audience }) => isIn(audience, rooms));
    // As they were: with a new offset, a later recovery would repeat them.
    for (const event of [...recovery.missed, ...since.map(({ event }) => event)]) writeEvent(conn, event);
  }

  /** `restore` reads what was missed at once, although it is handed over later: what is sent from now on isn't in it. */
  private async begin(pid: string, restore: () => ReturnType<Adapter['restoreSession']>) {
    const lost = this.lost.get(pid);
    const giveBack = () => {
      if (lost !== undefined && !this.lost.has(pid)) this.lost.set(pid, lost);
    };
    const recovery: Recovery = { giveBack, missed: [], sentSince: [] };
    this.underWay.add(recovery);
    const restoring = restore();
    this.lost.delete(pid);
    const session = await restoring;
    if (!session) {
      this.underWay.delete(recovery);
      giveBack();
      return session;
    }
    const data = Object.assign({}, session.data);
    this.byData.set(data, recovery);
    recovery.missed = session.missedPackets;
    return { ...session, data, missedPackets: [] };
  }

  private take(data: object): Recovery | undefined {
    const recovery = this.byData.get(data);
    if (recovery) this.underWay.delete(recovery);
    this.byData.delete(data);
    return recovery;
  }
}

function isIn({ rooms: to, except = new Set() }: Audience, rooms: ReadonlySet<string>): boolean {
  const isMeant = to.size === 0 || [...to].some((room) => rooms.has(room));
  return isMeant && ![...except].some((room) => rooms.has(room));
}
