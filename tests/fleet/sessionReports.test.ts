import type { Session } from '../../src/domain/session';
import type { Devices } from '../../src/fleet/fleet';
import { SessionReports } from '../../src/fleet/sessionReports';
import { createLogger } from '../../src/utils/logger';
import { at } from '../../testkit/builders';
import { deferred } from '../../testkit/waiting';

const SESSION: Session = {
  ...{ id: 's', userId: 'u', name: 'Lunch', createdAt: at(0), lastMessageAt: null, lastSeq: 0 },
  ...{ readSeq: 0, pinned: false, archived: false, preview: null },
};

/** Devices that record only reports about sessions. */
function recordingDevices(reports: string[]): Devices {
  return {
    deliver: () => {},
    sessionActive: () => {},
    sessionChanged: (change) => void reports.push(change),
    sessionGone: () => {},
    sessionsMissed: () => {},
    hasUser: () => true,
    users: () => ['u'],
    draftChanged: () => {},
    draftEnded: () => {},
    disconnectLogin: () => {},
    disconnectUser: () => {},
    joinedSessions: () => [],
    watchSessions: () => {},
  };
}

test('a change that is read slowly is not reported after the deletion of its session', async () => {
  const reports: string[] = [];
  const [slow, deleted] = [deferred<Session | null>(), deferred<void>()];
  const devices = recordingDevices(reports);
  const sessionReports = new SessionReports({
    accounts: { findSession: () => slow.promise },
    store: { findPosition: async () => null },
    feeds: { keyOf: () => null, observe: async () => {} },
    devices: {
      ...devices,
      sessionChanged: (change, session) => {
        devices.sessionChanged(change, session);
        if (change === 'deleted') deleted.resolve();
      },
    },
    logger: createLogger('silent'),
  });
  sessionReports.changed('u', { kind: 'session', change: 'renamed', sessionId: 's' });
  sessionReports.deleted('u', {
    ...{ kind: 'deleted', sessionId: 's', createdAt: at(0), lastMessageAt: null, lastSeq: 0 },
  });
  // The deletion would be read and reported by now.
  await new Promise((resolve) => setImmediate(resolve));
  slow.resolve(SESSION);
  await deleted.promise;
  expect(reports).toEqual(['renamed', 'deleted']);
});
