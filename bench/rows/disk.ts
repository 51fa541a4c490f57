import { statSync } from 'node:fs';
import { type SeededUser, seedUsers } from '../../testkit/seeding';
import { sqliteIn } from '../../testkit/server';
import { inTemporaryFolder, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Scale } from '../finding';
import { generate } from '../load/generate';
import { startOurs } from '../support/servers';

const SESSIONS = 50;
/** At least. */
const MESSAGES = 200_000;
const TEXT = 'message';
const GOALS = { withIds: 150, withoutIds: 140 };

/** Measures the size of the database per message after the server has stopped, which copies the write-ahead log into it. */
export const disk: Benchmark = {
  name: 'disk',
  async run(log, scale) {
    const findings = [];
    for (const [kind, goal, withoutIds] of [
      ['with', GOALS.withIds, false],
      ['without', GOALS.withoutIds, true],
    ] as const) {
      const { bytes, messages } = await measure(withoutIds, scale);
      const each = bytes / messages;
      log(`${kind} clientMessageId: ${each.toFixed(1)} bytes a message`);
      findings.push({
        what: `bytes on disk for each stored message ${kind} \`clientMessageId\`, the content being \`${TEXT}\` and a number`,
        ours: each.toFixed(0),
        compared: `${messages.toLocaleString('en')} messages in ${SESSIONS} sessions, half of them echoes`,
        ratio: '',
        goal: `≤ ${goal}`,
        isReached: each <= goal,
      });
    }
    return findings;
  },
};

/** The size of the database file, and the number of messages in it. */
function measure(withoutIds: boolean, scale: Scale): Promise<{ bytes: number; messages: number }> {
  return inTemporaryFolder(async (directory) => {
    const users = await seedUsers(directory, scale(SESSIONS));
    const server = startOurs(directory);
    const url = await server.listening;
    const load = { kind: 'closed', inFlight: 4 } as const;
    let messages = 0;
    while (messages < scale(MESSAGES)) {
      await generate({ url, users, warmUpMs: 0, measureMs: scale(1_000), load, withoutIds, text: TEXT });
      const seqs = await Promise.all(users.map((user) => lastSeqOf(url, user)));
      messages = seqs.reduce((sum, seq) => sum + seq, 0);
    }
    await stopProcess(server);
    return { bytes: statSync(sqliteIn(directory).path).size, messages };
  });
}

/** The number of messages in the session of a user. */
async function lastSeqOf(url: string, { sessionId, token }: SeededUser): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/sessions/${sessionId}`, { headers });
  const { lastSeq }: { lastSeq: number } = await response.json();
  return lastSeq;
}
