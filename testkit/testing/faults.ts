import { type Deferred, deferred } from '../waiting';
import type { Fault, Faults, FaultUser } from './kit';
import type { Delivery } from './packets';
import type { Relay } from './relay';
import type { ServerChild } from './serverChild';
import type { NetworkFault, Treatment } from './traffic';

/** What `createFaults` breaks. */
export interface FaultTargets {
  relay: Relay;
  server: ServerChild;
  releaseReplies(): void;
}

export function createFaults({ relay, server, releaseReplies }: FaultTargets): Faults {
  const open = new Set<Fault>();

  /** Sets up a fault that `end` ends. */
  function setUp(happened: Promise<void>, end: () => void | Promise<void>): Fault {
    const fault: Fault = {
      happened,
      async heal() {
        if (open.delete(fault)) await end();
      },
    };
    open.add(fault);
    return fault;
  }

  function onNetwork(fault: NetworkFault, happened = Promise.resolve(), release = () => {}): Fault {
    relay.add(fault);
    return setUp(happened, () => {
      relay.remove(fault);
      release();
    });
  }

  /** Treats the nth delivery of this kind, and lets all others pass. */
  function onNth(
    nth: number,
    kind: Delivery,
    user: FaultUser | undefined,
    treat: (released: Deferred) => Treatment,
  ): Fault {
    if (!Number.isInteger(nth) || nth < 1) throw new RangeError(`nth must be 1, 2, 3 …, not ${nth}`);
    const happened = deferred();
    const released = deferred();
    let count = 0;
    const onDelivery = (delivery: Delivery): Treatment => {
      if (delivery !== kind) return 'pass';
      count += 1;
      if (count !== nth) return 'pass';
      happened.resolve();
      return treat(released);
    };
    return onNetwork({ userId: idOf(user), onDelivery }, happened.promise, () => released.resolve());
  }

  async function start(): Promise<void> {
    if (!server.isRunning && !server.isClosed) relay.targetPort = await server.start();
  }

  const faults: Faults = {
    cut: async (user) => onNetwork({ userId: idOf(user), isCut: true }),

    async stall(user) {
      const released = deferred();
      return onNetwork({ userId: idOf(user), hold: () => released.promise }, undefined, () =>
        released.resolve(),
      );
    },

    async delay(milliseconds, user) {
      const hold = () => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds));
      return onNetwork({ userId: idOf(user), hold });
    },

    holdAck: async (nth = 1, user) => onNth(nth, 'ack', user, (released) => released.promise),
    dropAck: async (nth = 1, user) => onNth(nth, 'ack', user, () => 'cut'),
    deliverTwice: async (nth = 1, user) => onNth(nth, 'message', user, () => 'twice'),

    async kill() {
      await server.kill();
      return setUp(Promise.resolve(), start);
    },

    async restart() {
      await server.kill();
      await start();
    },

    async freezeDatabase() {
      await server.call('setFrozen', true);
      // A server that is killed meanwhile starts with a database that works.
      return setUp(Promise.resolve(), async () => {
        if (server.isRunning) await server.call('setFrozen', false);
      });
    },

    moveClock: (milliseconds) => server.moveClock(milliseconds),
    expireTokens: () => server.moveClock(server.tokenLifetimeMs + 1_000),

    async heal() {
      releaseReplies();
      for (const fault of [...open].reverse()) await fault.heal();
    },
  };
  return faults;
}

function idOf(user: FaultUser | undefined): string | null {
  return user?.user.id ?? null;
}
