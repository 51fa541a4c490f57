import { randomBytes } from 'node:crypto';
import type { MongoChoice } from './mongoProcess';

/** The set-up passes these to the tests, which run in processes of their own. */
const URL_VARIABLE = 'TEST_MONGODB_RESOLVED_URL';
const CHOICE_VARIABLE = 'TEST_MONGODB_CHOICE';
const PREFIX_VARIABLE = 'TEST_MONGODB_PREFIX';

/** Publishes the MongoDB of this run to the tests. */
export function publishMongo(choice: MongoChoice, url: string): void {
  process.env[CHOICE_VARIABLE] = JSON.stringify(choice);
  process.env[URL_VARIABLE] = url;
  process.env[PREFIX_VARIABLE] = `chat_test_${randomBytes(4).toString('hex')}_`;
}

/** The MongoDB of this run. */
export function chosenMongo(): MongoChoice {
  return JSON.parse(process.env[CHOICE_VARIABLE] ?? '{"kind":"none","reason":"the set-up did not run"}');
}

/** The prefix of the names of this run's databases. */
export function databasePrefix(): string {
  return process.env[PREFIX_VARIABLE] ?? 'chat_test_';
}

/** The URL of a new, empty database; null if the run has no MongoDB. */
export function mongoUrlForTest(): string | null {
  const url = process.env[URL_VARIABLE];
  return url ? withDatabase(url, `${databasePrefix()}${randomBytes(6).toString('hex')}`) : null;
}

/** Replaces the database in the URL. A user without `authSource` still authenticates against the original database. */
function withDatabase(url: string, database: string): string {
  const [, server = url, old = '', query = ''] =
    /^(\w[\w+]*:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url) ?? [];
  const needsSource = server.includes('@') && !/authSource=/i.test(query);
  const options = [query, needsSource ? `authSource=${old || 'admin'}` : ''].filter(Boolean).join('&');
  return `${server}/${database}${options && `?${options}`}`;
}
