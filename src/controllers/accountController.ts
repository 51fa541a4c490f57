import type { RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { Login, LoginOverview } from '../domain/login';
import { identityOf } from '../middleware/authentication';
import { validated } from '../middleware/validation';
import type { AccountService } from '../services/accountService';
import type { AuthService } from '../services/authService';

/** The user's own account and devices over REST. */
export function createAccountController(account: AccountService, auth: AuthService) {
  const read: RequestHandler = async (request, response) => {
    response.json(await account.find(identityOf(request).userId));
  };

  const change: RequestHandler = async (request, response) => {
    const changes = validated<{ username?: string; email?: string }>(request);
    response.json(await account.change(identityOf(request).userId, changes));
  };

  const remove: RequestHandler = async (request, response) => {
    const { password } = validated<{ password: string }>(request);
    await account.delete(identityOf(request).userId, password);
    response.status(204).end();
  };

  const changePassword: RequestHandler = async (request, response) => {
    const passwords = validated<{ currentPassword: string; newPassword: string }>(request);
    await account.changePassword(identityOf(request), passwords);
    response.status(204).end();
  };

  const listLogins: RequestHandler = async (request, response) => {
    const { userId, loginId } = identityOf(request);
    const logins = await auth.listLogins(userId);
    response.json({ logins: logins.map((login) => toOverview(login, loginId)) });
  };

  const endLogin: RequestHandler = async (request, response) => {
    const { loginId } = validated<{ loginId: string }>(request);
    if (!(await auth.logOut(identityOf(request).userId, loginId))) throw new ChatError('NOT_FOUND');
    response.status(204).end();
  };

  return { read, change, remove, changePassword, listLogins, endLogin };
}

function toOverview(
  { id, createdAt, lastUsedAt, expiresAt, userAgent, ip }: Login,
  currentLoginId: string,
): LoginOverview {
  return { id, createdAt, lastUsedAt, expiresAt, userAgent, ip, current: id === currentLoginId };
}
