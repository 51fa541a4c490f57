import { randomBytes } from 'node:crypto';
import { findMongod, startMongod } from './mongod';
import type { MongoChoice, MongoProcess } from './mongoProcess';
import { findStandIn, startStandIn } from './mongoStandIn';

/** How the set-up tells the tests, which run in processes of their own. */
const URL_VARIABLE = 'TEST_MONGODB_RESOLVED_URL';
const CHOICE_VARIABLE = 'TEST_MONGODB_CHOICE';
const PREFIX_VARIABLE = 'TEST_MONGODB_PREFIX';

/** Chooses a MongoDB for the tests: a given one, a real `mongod`, its stand-in, or none. */
export async function chooseMongo(): Promise<MongoChoice> {
  const url = process.env.TEST_MONGODB_URL;
  if (url) return { kind: 'url', description: 'the one at TEST_MONGODB_URL', url };
  const reasons: string[] = [];
  try {
    const binary = await findMongod();
    return { kind: 'mongod', description: binary, binary };
  } catch (error) {
    reasons.push(`no mongod: ${messageOf(error)}`);
  }
  try {
    const binary = await findStandIn();
    return { kind: 'stand-in', description: `the stand-in jongodb 0.1.6 (${reasons.join('; ')})`, binary };
  } catch (error) {
    reasons.push(`no stand-in: ${messageOf(error)}`);
  }
  return { kind: 'none', reason: reasons.join('; ') };
}

/** Starts the chosen server; null if there is none to start. */
export async function startMongo(choice: MongoChoice): Promise<MongoProcess | null> {
  if (choice.kind === 'mongod') return startMongod(choice.binary);
  return choice.kind === 'stand-in' ? startStandIn(choice.binary) : null;
}

/** Tells the tests what there is. */
export function publishMongo(choice: MongoChoice, url: string): void {
  process.env[CHOICE_VARIABLE] = JSON.stringify(choice);
  process.env[URL_VARIABLE] = url;
  process.env[PREFIX_VARIABLE] = `chat_test_${randomBytes(4).toString('hex')}_`;
}

/** What the names of this run's databases begin with. */
export function databasePrefix(): string {
  return process.env[PREFIX_VARIABLE] ?? 'chat_test_';
}

/** The URL of a new, empty database; null if the run has no MongoDB. */
export function mongoUrlForTest(): string | null {
  const url = process.env[URL_VARIABLE];
  return url ? withDatabase(url, `${databasePrefix()}${randomBytes(6).toString('hex')}`) : null;
}

/** A server of one's own to stop and pause; null if the run's MongoDB isn't a process of ours. */
export async function startOwnMongo(): Promise<MongoProcess | null> {
  const choice: MongoChoice = JSON.parse(process.env[CHOICE_VARIABLE] ?? '{"kind":"none"}');
  return startMongo(choice);
}

/** True if `startOwnMongo` can start one. */
export function canStartOwnMongo(): boolean {
  return /"kind":"(mongod|stand-in)"/.test(process.env[CHOICE_VARIABLE] ?? '');
}

/** Names another database in the URL. A user without `authSource` stays one of the database that was named before. */
function withDatabase(url: string, database: string): string {
  const [, server = url, old = '', query = ''] =
    /^(\w[\w+]*:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url) ?? [];
  const needsSource = server.includes('@') && !/authSource=/i.test(query);
  const options = [query, needsSource ? `authSource=${old || 'admin'}` : ''].filter(Boolean).join('&');
  return `${server}/${database}${options && `?${options}`}`;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}
