import { randomUUID } from 'node:crypto';
import { Feeds, PositionCheck } from '../../src/fleet/feeds';
import type { Devices, JoinedSession } from '../../src/fleet/fleet';
import type { SessionPosition } from '../../src/stores/fleetStore';
import { at, times } from '../../testkit/builders';
import { present } from '../contract/storeFixture';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const sessions = (count: number): JoinedSession[] =>
  times(count, () => ({ userId: 'u', sessionId: randomUUID() }));

describe('the position check', () => {
  function newCheck() {
    const slices: { at: number; sessions: readonly JoinedSession[] }[] = [];
    const check = new PositionCheck({
      async checkSlice(slice) {
        slices.push({ at: performance.now(), sessions: slice });
      },
    });
    return { check, slices };
  }

  test('looks up at most 1,000 positions at once and 10,000 a second', async () => {
    const { check, slices } = newCheck();
    check.startRound(sessions(10_500), 0);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(slices.map((slice) => slice.sessions.length)).toEqual([...times(10, () => 1_000), 500]);
    expect(present(slices[10]).at - present(slices[0]).at).toBeGreaterThanOrEqual(1_000);
    const pauses = slices.slice(1).map((slice, i) => slice.at - present(slices[i]).at);
    // With jitter.
    expect(new Set(pauses).size).toBeGreaterThan(1);
  });

  test('begins no round before the last one is complete, and its lag grows with the sessions', async () => {
    const { check, slices } = newCheck();
    const all = sessions(30_000);
    for (let round = 0; round < 12; round += 1) {
      check.startRound(all, 0);
      await jest.advanceTimersByTimeAsync(1_000);
    }
    // Each takes 3 s, with up to a quarter more of jitter.
    const rounds = slices.filter((slice) => slice.sessions[0] === all[0]);
    expect(rounds.length).toBeGreaterThanOrEqual(3);
    expect(rounds.length).toBeLessThanOrEqual(4);
    expect(check.lagSeconds).toBeGreaterThanOrEqual(3);
    expect(check.lagSeconds).toBeLessThan(9);
    check.stop();
  });

  test('checks urgent sessions before those of a round', async () => {
    const { check, slices } = newCheck();
    check.startRound(sessions(3_000), 0);
    await jest.advanceTimersByTimeAsync(10);
    const urgent = sessions(2);
    check.checkFirst(urgent);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(slices.map((slice) => slice.sessions.length)).toEqual([1_000, 2, 1_000, 1_000]);
    expect(present(slices[1]).sessions).toEqual(urgent);
  });
});

describe('gaps that the position check finds', () => {
  const session: JoinedSession = { userId: 'u', sessionId: 's' };
  const positionAt = (lastSeq: number): SessionPosition => ({
    ...session,
    ...{ key: 'k', createdAt: at(0), lastMessageAt: at(lastSeq), lastSeq },
  });

  /** Feeds with one session, whose messages up to `lastSeq` are delivered; later ones can't be read. */
  async function feedsAt(lastSeq: number, expectsHint = () => true) {
    let position = positionAt(lastSeq);
    let open: ((session: JoinedSession) => void) | undefined;
    const nothing = () => {};
    const devices: Devices = {
      ...{ deliver: nothing, sessionActive: nothing, sessionChanged: nothing, sessionGone: nothing },
      ...{ sessionsMissed: nothing, draftChanged: nothing, draftEnded: nothing },
      ...{ disconnectLogin: nothing, disconnectUser: nothing },
      ...{ hasUser: () => true, users: () => ['u'], joinedSessions: () => [] },
      watchSessions({ opened }) {
        open = opened;
      },
    };
    const store = {
      findPosition: async () => position,
      findPositions: async () => new Map([['s', position]]),
      readTail: async () => ({ position, messages: [], hasMore: false }),
    };
    const feeds = new Feeds(store, devices, expectsHint);
    feeds.activate();
    open?.(session);
    await feeds.check([session]);
    const grow = (to: number) => {
      position = positionAt(to);
    };
    return { feeds, grow };
  }

  test('are counted if no hint names them within a second', async () => {
    const { feeds, grow } = await feedsAt(2);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(feeds.unhintedGaps).toBe(0);
    grow(4);
    await feeds.check([session]);
    feeds.hint(session, 'k', 3);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(feeds.unhintedGaps).toBe(1);
    expect(feeds.reads.check).toBe(1);
  });

  test.each(['before', 'after'])('are not counted if a hint names them, %s the check', async (when) => {
    const { feeds, grow } = await feedsAt(2);
    grow(4);
    if (when === 'before') feeds.hint(session, 'k', 4);
    await feeds.check([session]);
    await jest.advanceTimersByTimeAsync(900);
    if (when === 'after') feeds.hint(session, 'k', 4);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(feeds.unhintedGaps).toBe(0);
  });

  test('are not counted while Redis is away', async () => {
    let isThere = false;
    const { feeds, grow } = await feedsAt(2, () => isThere);
    grow(4);
    await feeds.check([session]);
    isThere = true;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(feeds.unhintedGaps).toBe(0);
  });
});
