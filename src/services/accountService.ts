import { ChatError } from '../domain/errors';
import { email, optional, parseFields, text, username, type ValuesOf } from '../domain/fields';
import type { Identity } from '../domain/login';
import { publicUser, type User, type UserRecord } from '../domain/user';
import type { UserStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { AuthService } from './authService';
import type { PasswordGuesses } from './passwordGuesses';
import { newPassword, type Passwords } from './passwords';
import type { Publisher } from './publisher';

export interface AccountDependencies {
  store: UserStore;
  auth: Pick<AuthService, 'logOutAll'>;
  passwords: Passwords;
  guesses: PasswordGuesses;
  publisher: Publisher;
  clock: Clock;
}

/** The fields of a profile that can be changed. */
export const profileChangeFields = { username: optional(username), email: optional(email) };

/** The fields of a password change. */
export const passwordChangeFields = { currentPassword: text, newPassword };

/** What users do with their accounts. Throws `UNAUTHENTICATED` where the account is gone. */
export class AccountService {
  constructor(private readonly dependencies: AccountDependencies) {}

  async find(userId: string): Promise<User> {
    return publicUser(await this.record(userId));
  }

  /** Throws `VALIDATION_FAILED`, `USERNAME_TAKEN` or `EMAIL_TAKEN`. */
  async change(userId: string, input: ValuesOf<typeof profileChangeFields>): Promise<User> {
    const { store, clock } = this.dependencies;
    const changes = parseFields(profileChangeFields, input);
    const email = changes.email?.toLowerCase();
    const updatedAt = timestampOf(clock());
    const changed = await store.updateUser(userId, {
      ...changes,
      ...(email !== undefined && { email }),
      updatedAt,
    });
    if (!changed) throw new ChatError('UNAUTHENTICATED');
    return publicUser(changed);
  }

  /** Ends all other logins of the user. Throws `VALIDATION_FAILED`, or `INVALID_CREDENTIALS` if the current password is wrong. */
  async changePassword(
    { userId, loginId }: Identity,
    input: ValuesOf<typeof passwordChangeFields>,
  ): Promise<void> {
    const { store, auth, passwords, clock } = this.dependencies;
    const { currentPassword, newPassword } = parseFields(passwordChangeFields, input);
    let compared = await this.confirm(userId, currentPassword);
    const passwordHash = await passwords.hash(newPassword);
    // Before the change too: if the database goes away in between, no other login is left with a password that is gone.
    await auth.logOutAll(userId, loginId);
    const changes = { passwordHash, updatedAt: timestampOf(clock()) };
    // Meanwhile another change may have been faster, or a login have renewed the hash of the same password.
    while (!(await store.updateUser(userId, changes, compared))) {
      compared = await this.confirm(userId, currentPassword);
    }
    await auth.logOutAll(userId, loginId);
  }

  /** Deletes the account and all that belongs to it. Throws `INVALID_CREDENTIALS` if the password is wrong. */
  async delete(userId: string, password: string): Promise<void> {
    await this.confirm(userId, password);
    await this.dependencies.store.deleteUser(userId);
    this.dependencies.publisher.userDeleted(userId);
  }

  /** Returns the hash that the password was compared with. Throws `INVALID_CREDENTIALS` if it is of another one. */
  private async confirm(userId: string, password: string): Promise<string> {
    const { passwords, guesses } = this.dependencies;
    const { passwordHash } = await this.record(userId);
    // Counted apart from logins: only who is logged in can use this up.
    const matches = await guesses.check(userId, () => passwords.matches(password, passwordHash));
    if (matches) return passwordHash;
    throw new ChatError('INVALID_CREDENTIALS', { detail: 'The current password is another one.' });
  }

  private async record(userId: string): Promise<UserRecord> {
    const found = await this.dependencies.store.findUser(userId);
    if (!found) throw new ChatError('UNAUTHENTICATED');
    return found;
  }
}
