import type { Request, RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { Login, LoginOverview } from '../domain/login';
import { identityOf } from '../middleware/authentication';
import { validated } from '../middleware/validation';
import type { AccountService } from '../services/accountService';
import type { AuthService, Device } from '../services/authService';
import { plainAddress } from '../utils/clientAddress';

const MAX_USER_AGENT_LENGTH = 256;

/** Accounts and logins over REST. */
export function createAuthController(auth: AuthService, account: AccountService) {
  const signUp: RequestHandler = async (request, response) => {
    const input = validated<{ username: string; email: string; password: string }>(request);
    response.status(201).json(await auth.signUp(input, deviceOf(request)));
  };

  const logIn: RequestHandler = async (request, response) => {
    const input = validated<{ email: string; password: string }>(request);
    response.json(await auth.logIn(input, deviceOf(request)));
  };

  const refresh: RequestHandler = async (request, response) => {
    const { refreshToken } = validated<{ refreshToken: string }>(request);
    response.json(await auth.refresh(refreshToken));
  };

  const logOut: RequestHandler = async (request, response) => {
    const { userId, loginId } = identityOf(request);
    await auth.logOut(userId, loginId);
    response.status(204).end();
  };

  const logOutAll: RequestHandler = async (request, response) => {
    await auth.logOutAll(identityOf(request).userId);
    response.status(204).end();
  };

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

  return {
    signUp,
    logIn,
    refresh,
    logOut,
    logOutAll,
    read,
    change,
    remove,
    changePassword,
    listLogins,
    endLogin,
  };
}

function deviceOf(request: Request): Device {
  return {
    userAgent: request.get('user-agent')?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
    ip: request.ip === undefined ? null : plainAddress(request.ip),
  };
}

function toOverview(
  { id, createdAt, lastUsedAt, expiresAt, userAgent, ip }: Login,
  currentLoginId: string,
): LoginOverview {
  return { id, createdAt, lastUsedAt, expiresAt, userAgent, ip, current: id === currentLoginId };
}
