import { ChatError } from '../domain/errors';
import {
  email,
  optional,
  parseFields,
  text,
  username,
  type ValuesOf,
  validationFailed,
} from '../domain/fields';
import { hasPassword, type Identity, isGuest, publicUser, type User, type UserRecord } from '../domain/user';
import type { UserStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { AuthService } from './authService';
import { newPassword, type PasswordGuesses, type Passwords } from './passwords';
import type { Publisher } from './publisher';
import type { Replies } from './replies/replyService';

export interface AccountDependencies {
  store: UserStore;
  auth: Pick<AuthService, 'logOutAll'>;
  passwords: Passwords;
  guesses: PasswordGuesses;
  publisher: Publisher;
  replies: Pick<Replies, 'discard'>;
  clock: Clock;
}

/** The fields of a profile that can be changed. */
export const profileChangeFields = { username: optional(username), email: optional(email) };

/** The fields of a password change. */
export const passwordChangeFields = { currentPassword: text, newPassword };

/** Operations of users on their own accounts. They throw `UNAUTHENTICATED` if the account was deleted. */
export class AccountService {
  constructor(private readonly dependencies: AccountDependencies) {}

  async find(userId: string): Promise<User> {
    return publicUser(await this.record(userId));
  }

  /** Throws `VALIDATION_FAILED`, `USERNAME_TAKEN` or `EMAIL_TAKEN`, and `FORBIDDEN` for the email of a guest. */
  async change(userId: string, input: ValuesOf<typeof profileChangeFields>): Promise<User> {
    const { store, clock } = this.dependencies;
    const changes = parseFields(profileChangeFields, input);
    if (changes.email !== undefined && isGuest(await this.record(userId))) {
      throw new ChatError('FORBIDDEN', {
        detail: 'A guest has no email. Sign up with POST /api/auth/signup.',
      });
    }
    const changed = await store.updateUser(userId, { ...changes, updatedAt: timestampOf(clock()) });
    if (!changed) throw new ChatError('UNAUTHENTICATED');
    return publicUser(changed);
  }

  /**
   * Revokes all other logins of the user. Throws `VALIDATION_FAILED`, `INVALID_CREDENTIALS` if the current password is wrong, or `FORBIDDEN`
   * if the account has none.
   */
  async changePassword(
    { userId, loginId }: Identity,
    input: ValuesOf<typeof passwordChangeFields>,
  ): Promise<void> {
    const { store, auth, passwords, clock } = this.dependencies;
    const { currentPassword, newPassword } = parseFields(passwordChangeFields, input);
    let compared = await this.confirm(userId, currentPassword);
    const passwordHash = await passwords.hash(newPassword);
    // Before the change, too, so that no login with the old password survives if the database fails after the change.
    await auth.logOutAll(userId, loginId);
    const changes = { passwordHash, updatedAt: timestampOf(clock()) };
    // The hash has changed: by a concurrent password change, or by a login that replaced the hash of the same password.
    while (!(await store.updateUser(userId, changes, compared))) {
      compared = await this.confirm(userId, currentPassword);
    }
    await auth.logOutAll(userId, loginId);
  }

  /** Deletes the account with all its data. Throws, if it has a password, `VALIDATION_FAILED` without one and `INVALID_CREDENTIALS` for a wrong one. */
  async delete(userId: string, password?: string): Promise<void> {
    if (hasPassword(await this.record(userId))) {
      if (password === undefined)
        throw validationFailed([{ field: 'password', message: 'must be a string' }]);
      await this.confirm(userId, password);
    }
    const { store, publisher, replies } = this.dependencies;
    await publisher.revoking(userId, () => true);
    await store.deleteUser(userId);
    replies.discard((deleted) => deleted.userId === userId);
    publisher.userDeleted(userId);
  }

  /** Returns the stored hash if the password matches it. Throws `INVALID_CREDENTIALS` if not. */
  private async confirm(userId: string, password: string): Promise<string> {
    const { passwords, guesses } = this.dependencies;
    const user = await this.record(userId);
    if (!hasPassword(user)) {
      const detail = isGuest(user)
        ? 'A guest has no password. Sign up with POST /api/auth/signup.'
        : 'This account has no password on this server. Change it at the service where you log in.';
      throw new ChatError('FORBIDDEN', { detail });
    }
    const { passwordHash } = user;
    // A separate limit from logins: only requests with a valid token count.
    const match = await guesses.check(userId, () => passwords.match(password, passwordHash));
    if (match !== null) return passwordHash;
    throw new ChatError('INVALID_CREDENTIALS', { detail: 'The current password is incorrect.' });
  }

  private async record(userId: string): Promise<UserRecord> {
    const found = await this.dependencies.store.findUser(userId);
    if (!found) throw new ChatError('UNAUTHENTICATED');
    return found;
  }
}
