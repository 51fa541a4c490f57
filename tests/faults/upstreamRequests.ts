import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Load } from '../../testkit/killRun';

/** The requests that `streamingResponder.cjs` has received. */
export interface UpstreamRequests {
  requests: number;
  /** The messages that they were about. */
  messages: number;
  /** The most requests there may be: one for each message, and for each kill one for each session that was getting a reply. */
  bound: number;
}

/** Counts the requests that the responder has logged in the folder of its server. */
export function countUpstreamRequests(directory: string, kills: number, load: Load): UpstreamRequests {
  const lines = readFileSync(join(directory, 'requests.log'), 'utf8').trim().split('\n');
  const messages = new Set(lines.map((line) => line.split(' ')[0])).size;
  return { requests: lines.length, messages, bound: messages + kills * load.users * load.sessionsEach };
}
