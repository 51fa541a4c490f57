import { randomBytes } from 'node:crypto';
import type { MongoChoice } from './mongoProcess';

/** How the set-up tells the tests, which run in processes of their own. */
const URL_VARIABLE = 'TEST_MONGODB_RESOLVED_URL';
const CHOICE_VARIABLE = 'TEST_MONGODB_CHOICE';
const PREFIX_VARIABLE = 'TEST_MONGODB_PREFIX';

/** Tells the tests what there is. */
export function publishMongo(choice: MongoChoice, url: string): void {
  process.env[CHOICE_VARIABLE] = JSON.stringify(choice);
  process.env[URL_VARIABLE] = url;
  process.env[PREFIX_VARIABLE] = `chat_test_${randomBytes(4).toString('hex')}_`;
}

/** Which MongoDB this run has. */
export function chosenMongo(): MongoChoice {
  return JSON.parse(process.env[CHOICE_VARIABLE] ?? '{"kind":"none","reason":"nobody has chosen"}');
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

/** Names another database in the URL. A user without `authSource` stays one of the database that was named before. */
function withDatabase(url: string, database: string): string {
  const [, server = url, old = '', query = ''] =
    /^(\w[\w+]*:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url) ?? [];
  const needsSource = server.includes('@') && !/authSource=/i.test(query);
  const options = [query, needsSource ? `authSource=${old || 'admin'}` : ''].filter(Boolean).join('&');
  return `${server}/${database}${options && `?${options}`}`;
}
