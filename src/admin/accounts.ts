import { randomBytes, randomUUID } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import { databasePlace } from '../config/database';
import { type Config, loadEnvironment, readConfig } from '../config/readConfig';
import { secretsOf } from '../config/secrets';
import { ChatError } from '../domain/errors';
import { email, parseFields, username } from '../domain/fields';
import { canonicalEmail } from '../domain/text';
import { disabledHash, enabledHash, hasPassword, isDisabled, type UserRecord } from '../domain/user';
import { newLogin } from '../services/authService';
import { newPassword, Passwords } from '../services/passwords';
import { Tokens } from '../services/tokens';
import type { ChatStore } from '../stores/chatStore';
import { openFailure, openStore } from '../stores/open';
import { timestampOf } from '../utils/clock';
import { uuidv7 } from '../utils/uuid';
import { AdminError, type Options, UsageError } from './command';
import { openSource } from './copy';
import { describeSchemaChange } from './maintenance';

/** What every command for accounts needs. */
interface Desk {
  config: Config;
  store: ChatStore;
  passwords: Passwords;
}

const DEVICE = { userAgent: 'smart-chat-server', ip: null };

type UserCommand = (desk: Desk, options: Options) => Promise<string>;

const USER_COMMANDS: Readonly<Record<string, UserCommand>> = {
  list: listUsers,
  create: createUser,
  'reset-password': resetPassword,
  disable: disableUser,
  enable: enableUser,
  delete: deleteUser,
};

/** `user list`, `user create` and so on. Servers can use the database meanwhile, and end the sockets of revoked logins within seconds. */
export async function manageUsers([action = '']: readonly string[], options: Options): Promise<string> {
  const command = Object.hasOwn(USER_COMMANDS, action) ? USER_COMMANDS[action] : undefined;
  if (!command) {
    throw new UsageError(
      `There is no "user ${action}"; it must be one of ${Object.keys(USER_COMMANDS).join(', ')}.`,
    );
  }
  return atDesk((desk) => command(desk, options));
}

/** `token`: logs a user in without a password, and returns the access token. */
export function printToken(options: Options): Promise<string> {
  return atDesk(async ({ config, store }) => {
    const user = await findUser(store, options);
    if (isDisabled(user)) throw new AdminError(`The account ${user.username} is disabled: enable it first.`);
    const login = newLogin(user.id, DEVICE, Date.now(), config.refreshExpiresInMs);
    if (!(await store.createLogin(login, user.passwordHash))) {
      throw new AdminError(`The account ${user.username} was just changed: try again.`);
    }
    return new Tokens({ ...config, jwtSecrets: secretsOf(config) }, Date.now).signAccess(login).token;
  });
}

const SEEDED_NAMES = ['ada', 'ben', 'cleo', 'dana'];
const SESSIONS_PER_USER = 5;
/** Each has a message and its reply: 2,000 messages in all. */
const EXCHANGES_PER_SESSION = 50;
const SEEDED_MESSAGES = 2 * SEEDED_NAMES.length * SESSIONS_PER_USER * EXCHANGES_PER_SESSION;
const MINUTE_MS = 60_000;

/** `seed`: adds accounts with chats for development, and returns their logins. */
export function seed(): Promise<string> {
  return atDesk(async (desk) => {
    const { config, store } = desk;
    if (config.environment === 'production')
      throw new AdminError('Production is not seeded: NODE_ENV is "production".');
    const taken = await Promise.all(SEEDED_NAMES.map((name) => store.findUserByUsername(name)));
    if (taken.some((user) => user !== null)) {
      throw new AdminError(
        `There are accounts named ${SEEDED_NAMES.join(', ')} already: set DATABASE_URL to another database, or delete them.`,
      );
    }
    const logins: string[] = [];
    for (const name of SEEDED_NAMES) {
      const password = makePassword();
      const address = `${name}@example.com`;
      const user = await addUser(desk, { username: name, email: address, password });
      for (let index = 1; index <= SESSIONS_PER_USER; index += 1) await addChat(store, user, index);
      logins.push(`  ${name.padEnd(6)} ${address.padEnd(18)} ${password}`);
    }
    return `Added ${SEEDED_MESSAGES.toLocaleString('en-US')} messages in ${SEEDED_NAMES.length * SESSIONS_PER_USER} sessions. Log in with:\n${logins.join('\n')}`;
  });
}

async function addChat(store: ChatStore, { id: userId }: UserRecord, index: number): Promise<void> {
  const sessionId = randomUUID();
  const start =
    Date.now() - (SESSIONS_PER_USER - index) * 1_440 * MINUTE_MS - EXCHANGES_PER_SESSION * MINUTE_MS;
  await store.openSession({
    id: sessionId,
    userId,
    name: `Conversation ${index}`,
    createdAt: timestampOf(start),
  });
  const exchanges = Array.from({ length: EXCHANGES_PER_SESSION }, (_, position) => {
    const timestamp = timestampOf(start + position * MINUTE_MS);
    const content = `Message ${position + 1} of conversation ${index}`;
    return store.appendExchange({
      userId,
      sessionId,
      message: { messageId: uuidv7(), content, timestamp },
      reply: { messageId: uuidv7(), content, timestamp },
    });
  });
  await Promise.all(exchanges);
}

async function listUsers({ config }: Desk): Promise<string> {
  const source = await openSource(config.database, { isChecked: false });
  const lines: string[] = [];
  try {
    for await (const batch of source.read()) {
      if (batch.kind !== 'users') break;
      for (const user of batch.records) {
        const state = isDisabled(user) ? '  disabled' : '';
        lines.push(`${user.id}  ${user.createdAt}  ${user.username}  ${user.email ?? 'no email'}${state}`);
      }
    }
  } finally {
    await source.close();
  }
  return lines.length === 0 ? 'There are no accounts.' : lines.join('\n');
}

async function createUser(desk: Desk, options: Options): Promise<string> {
  const { username: name, email: address } = options;
  if (typeof name !== 'string' || typeof address !== 'string') {
    throw new UsageError('Name the new account: user create --username NAME --email EMAIL.');
  }
  const { password, report } = await choosePassword(options);
  const user = await addUser(desk, { username: name, email: address, password });
  return `Created the account ${user.username} <${user.email}>.${report}`;
}

async function resetPassword({ store, passwords }: Desk, options: Options): Promise<string> {
  const user = await findUser(store, options);
  if (!hasPassword(user)) {
    throw new AdminError(
      `The account ${user.username} has no password to reset: it is a guest, or logs in with tokens of your own backend.`,
    );
  }
  const { password, report } = await choosePassword(options);
  const hash = await passwords.hash(checked({ password: newPassword }, { password }).password);
  const changed = { ...user, passwordHash: hash };
  await changeHash(store, user, isDisabled(user) ? disabledHash(changed) : hash);
  return `The account ${user.username} has a new password, and its logins have ended.${report}`;
}

async function disableUser({ store }: Desk, options: Options): Promise<string> {
  const user = await findUser(store, options);
  await changeHash(store, user, disabledHash(user));
  return `The account ${user.username} is disabled, and its logins have ended.`;
}

async function enableUser({ store }: Desk, options: Options): Promise<string> {
  const user = await findUser(store, options);
  if (isDisabled(user)) await changeHash(store, user, enabledHash(user));
  return `The account ${user.username} is enabled.`;
}

async function deleteUser({ store }: Desk, options: Options): Promise<string> {
  const user = await findUser(store, options);
  await revokeLogins(store, user);
  await store.deleteUser(user.id);
  return `The account ${user.username} and all its data are deleted.`;
}

/** Opens the configured database, runs `work`, and explains the errors of both. */
async function atDesk(work: (desk: Desk) => Promise<string>): Promise<string> {
  const { config } = readConfig(loadEnvironment());
  const passwords = new Passwords(config.bcryptRounds);
  let store: ChatStore | undefined;
  try {
    store = await openStore(config.database, {
      // To stderr, as programs read what the commands print.
      onSchemaChange: (change) =>
        void process.stderr.write(`${describeSchemaChange(change, databasePlace(config.database))}\n`),
    });
    return await work({ config, store, passwords });
  } catch (error) {
    const reason = openFailure(error, config.database);
    throw reason === null ? error : new AdminError(reason);
  } finally {
    await passwords.close();
    await store?.close();
  }
}

async function findUser(store: ChatStore, { username: name, email: address }: Options): Promise<UserRecord> {
  if (typeof name !== 'string' && typeof address !== 'string') {
    throw new UsageError('Name the account: --username NAME, or --email EMAIL.');
  }
  const found =
    typeof name === 'string'
      ? await store.findUserByUsername(name)
      : await store.findUserByEmail(canonicalEmail(String(address)));
  if (found) return found;
  throw new AdminError(`There is no account ${name ?? address}: "user list" shows all.`);
}

async function addUser(
  { store, passwords, config }: Desk,
  input: Record<string, string>,
): Promise<UserRecord> {
  const { password, ...names } = checked({ username, email, password: newPassword }, input);
  const now = timestampOf(Date.now());
  const user = {
    id: uuidv7(),
    ...names,
    createdAt: now,
    updatedAt: now,
    passwordHash: await passwords.hash(password),
  };
  const login = newLogin(user.id, DEVICE, Date.now(), config.refreshExpiresInMs);
  try {
    await store.createUser(user, login);
  } catch (error) {
    throw error instanceof ChatError && error.code.endsWith('_TAKEN') ? new AdminError(error.message) : error;
  }
  await store.deleteLogin(user.id, login.id);
  return user;
}

/** Changes the password hash, so that logins in progress fail, and then ends the logins that exist. */
async function changeHash(store: ChatStore, user: UserRecord, passwordHash: string): Promise<void> {
  const changes = { passwordHash, updatedAt: timestampOf(Date.now()) };
  if (!(await store.updateUser(user.id, changes, user.passwordHash))) {
    throw new AdminError(`The account ${user.username} was just changed: try again.`);
  }
  await revokeLogins(store, user);
}

/**
 * Ends all logins of a user. A server on the same SQLite file notices that it was written to. Nodes on MongoDB read the logins in
 * the beat of a node that is dead already, so that none waits for it.
 */
async function revokeLogins(store: ChatStore, { id }: UserRecord): Promise<void> {
  const revoked = await store.deleteLogins(id);
  const [peer] = (await store.fleet?.readBeats()) ?? [];
  if (!peer || revoked.length === 0) return;
  const beat = { name: DEVICE.userAgent, counter: 1, peers: [], isDead: true, revoked };
  await store.fleet?.writeBeat({ ...peer, node: randomUUID(), bus: 'none', ...beat });
}

/** The password from the standard input, or a new one, which `report` names. */
async function choosePassword(options: Options): Promise<{ password: string; report: string }> {
  if (options['password-stdin'] === true) {
    return { password: (await readText(process.stdin)).replace(/\r?\n$/, ''), report: '' };
  }
  const password = makePassword();
  return { password, report: `\nIts password is ${password}` };
}

function makePassword(): string {
  return randomBytes(12).toString('base64url');
}

/** As `parseFields`, with the problems as one text. */
function checked<F extends Parameters<typeof parseFields>[0]>(fields: F, input: Record<string, string>) {
  try {
    return parseFields(fields, input);
  } catch (error) {
    if (!(error instanceof ChatError) || !error.errors) throw error;
    throw new AdminError(error.errors.map(({ field, message }) => `The ${field} ${message}.`).join('\n'));
  }
}
