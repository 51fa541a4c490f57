import { randomInt } from 'node:crypto';
import { ChatError } from '../domain/errors';
import { USERNAME_LENGTH } from '../domain/limits';
import { type Login, NO_PASSWORD, type UserRecord } from '../domain/user';
import type { UserStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import { uuidv7 } from '../utils/uuid';

/** How often a name is chosen, or a user looked for, before a request fails. */
const MAX_ATTEMPTS = 10;
const SUFFIX_LENGTH = 8;
/** Without vowels and digits that look like letters, so that no suffix is a word. */
const SUFFIX_LETTERS = 'bcdfghjkmnpqrstvwxz23456789';
/** Names are claims of another service, so they may have any length. */
const MAX_CLAIM_LENGTH = 200;

/** A user of the app's own backend, as its token describes them. */
export interface ExternalUser {
  /** The same for all tokens of the user, and for no others. */
  identity: string;
  /** What the username may be made of, the best first. */
  names: readonly string[];
  /** A verified address, in its canonical form. */
  email: string | null;
}

/** Creates the accounts of users without a password of this server: guests, and users of the app's own backend. */
export class PasswordlessAccounts {
  constructor(
    private readonly store: Pick<UserStore, 'createUser' | 'findUserByIdentity'>,
    private readonly clock: Clock,
  ) {}

  /** Creates a guest, with the login that `loginOf` returns. */
  async createGuest(loginOf: (userId: string) => Login): Promise<{ user: UserRecord; login: Login }> {
    for (let attempt = 1; ; attempt += 1) {
      const user = this.newUser(`guest-${randomSuffix()}`, null);
      const login = loginOf(user.id);
      try {
        await this.store.createUser(user, login);
        return { user, login };
      } catch (error) {
        if (!isCode(error, 'USERNAME_TAKEN') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Finds the user, or creates one at first sight. Of several concurrent calls one creates the user. */
  async findOrCreate({ identity, names, email }: ExternalUser): Promise<UserRecord> {
    const username = usernameFrom(names);
    let draft: AccountNames = { username, email };
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.store.findUserByIdentity(identity);
      if (found) return found;
      const user = { ...this.newUser(draft.username, draft.email), identity };
      try {
        await this.store.createUser(user, null);
        return user;
      } catch (error) {
        const next = otherNames(error, { ...draft, username });
        if (!next || attempt === MAX_ATTEMPTS) throw error;
        draft = next;
      }
    }
  }

  private newUser(username: string, email: string | null): UserRecord {
    const now = timestampOf(this.clock());
    return { id: uuidv7(), username, email, passwordHash: NO_PASSWORD, createdAt: now, updatedAt: now };
  }
}

interface AccountNames {
  username: string;
  email: string | null;
}

/** What to try after a refused account; null if no other names would help. */
function otherNames(error: unknown, { username, email }: AccountNames): AccountNames | null {
  if (isCode(error, 'USERNAME_TAKEN')) return { username: withSuffix(username), email };
  // The address of another account may belong to somebody else.
  if (isCode(error, 'EMAIL_TAKEN')) return { username, email: null };
  // Another request has created the user meanwhile.
  return isCode(error, 'CONFLICT') ? { username, email } : null;
}

function isCode(error: unknown, code: ChatError['code']): boolean {
  return error instanceof ChatError && error.code === code;
}

/** The first of these texts that has a username in it: accents are left out, and what a username can't have becomes a hyphen. */
function usernameFrom(texts: readonly string[]): string {
  for (const text of texts) {
    const plain = text.slice(0, MAX_CLAIM_LENGTH).normalize('NFKD').replace(/\p{M}/gu, '');
    const name = plain.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^-+|-+$/g, '');
    if (name.length >= USERNAME_LENGTH.min) return name.slice(0, USERNAME_LENGTH.max);
  }
  return withSuffix('user');
}

function withSuffix(name: string): string {
  return `${name.slice(0, USERNAME_LENGTH.max - SUFFIX_LENGTH - 1)}-${randomSuffix()}`;
}

function randomSuffix(): string {
  return Array.from({ length: SUFFIX_LENGTH }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join(
    '',
  );
}
