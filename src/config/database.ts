import { InvalidValue } from './values';

export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'mongodb'; readonly url: string };

const CHOICES = '"sqlite://PATH", such as "sqlite://./data/chat.db", or "mongodb://HOST/NAME"';
const MONGODB_URL = /^mongodb(\+srv)?:\/\/([^/?#@\s]+@)?[^/?#@\s]+(\/[^?@\s]*)?(\?\S*)?$/;

/** What other programs replace in a path. Taken as it is, it would name a new, empty database somewhere else. */
const MISREAD_PATHS: readonly { pattern: RegExp; problem: string }[] = [
  { pattern: /^~/, problem: 'starts with "~", which only a shell replaces; write the whole path' },
  {
    pattern: /\$\{?[a-z_]|%\w+%/i,
    problem: 'contains the name of a variable, which only a shell replaces; write the whole path',
  },
  { pattern: /\?/, problem: 'contains "?", but there are no options for SQLite; write the path alone' },
  { pattern: /%[\da-f]{2}/i, problem: 'contains a percent-encoded character; write the path as it is' },
];

/** Parses a `DATABASE_URL`. Messages show at most its scheme, because any other part may contain a password. */
export function databaseUrl(text: string): DatabaseConfig {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === 'sqlite') return { kind: 'sqlite', path: sqlitePath(text.slice('sqlite://'.length)) };
  if (scheme === 'mongodb' || scheme === 'mongodb+srv') return { kind: 'mongodb', url: mongodbUrl(text) };
  if (scheme === undefined) throw new InvalidValue(`does not start with a scheme; it must be ${CHOICES}.`);
  throw new InvalidValue(`starts with "${scheme}://"; it must be ${CHOICES}.`);
}

/** Describes the database for people, without user and password. */
export function databaseName(database: DatabaseConfig): string {
  return `${database.kind === 'sqlite' ? 'SQLite, ' : 'MongoDB at '}${databasePlace(database)}`;
}

/** The path of the file, or the hosts of MongoDB. */
export function databasePlace(database: DatabaseConfig): string {
  return database.kind === 'sqlite' ? database.path : mongoHosts(database.url);
}

/** The hosts of a MongoDB URL, without user and password. */
export function mongoHosts(url: string): string {
  return url.replace(/^[^:]*:\/\/([^@/]*@)?/, '').replace(/[/?].*$/, '');
}

function sqlitePath(path: string): string {
  if (path === '')
    throw new InvalidValue('is "sqlite://" without a path; name a file, as in "sqlite://./data/chat.db".');
  // SQLite doesn't take either for the name of a file.
  if (path.includes(':memory:') || path.startsWith('file:')) {
    throw new InvalidValue(
      'must name a file on disk, as in "sqlite://./data/chat.db"; in-memory databases are not supported.',
    );
  }
  const misread = MISREAD_PATHS.find(({ pattern }) => pattern.test(path));
  if (misread) throw new InvalidValue(`${misread.problem}, as in "sqlite:///var/lib/chat/chat.db".`);
  return path;
}

function mongodbUrl(url: string): string {
  if (MONGODB_URL.test(url)) return url;
  throw new InvalidValue(
    'is not a MongoDB URL; it must look like "mongodb://USER:PASSWORD@HOST:27017/NAME", ' +
      'with / : @ ? # and % in the user or password percent-encoded.',
  );
}
