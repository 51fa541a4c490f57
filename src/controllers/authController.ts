import type { Request, RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import { text, uuid } from '../domain/fields';
import { isBlank, startOf, toLine } from '../domain/text';
import type { Login, LoginOverview } from '../domain/user';
import { identityOf } from '../middleware/requests';
import { inPath, read } from '../middleware/validation';
import { type AccountService, passwordChangeFields, profileChangeFields } from '../services/accountService';
import { type AuthService, type Device, logInFields, signUpFields } from '../services/authService';
import { headerText, plainAddress } from '../utils/httpRequest';

const USER_AGENT_LIMIT = { graphemes: 256, codePoints: 256 };

/** The fields of each route. A password to compare may be any text, as in a login. */
export const authFields = {
  signUp: signUpFields,
  logIn: logInFields,
  refresh: { refreshToken: text },
  changeProfile: profileChangeFields,
  deleteAccount: { password: text },
  changePassword: passwordChangeFields,
  endLogin: { loginId: inPath(uuid) },
};

/** Accounts and logins over REST. */
export function createAuthController(auth: AuthService, account: AccountService) {
  const signUp: RequestHandler = async (request, response) => {
    const input = read(request, authFields.signUp);
    response.status(201).json(await auth.signUp(input, deviceOf(request)));
  };

  const logIn: RequestHandler = async (request, response) => {
    const input = read(request, authFields.logIn);
    response.json(await auth.logIn(input, deviceOf(request)));
  };

  const refresh: RequestHandler = async (request, response) => {
    const { refreshToken } = read(request, authFields.refresh);
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

  const readProfile: RequestHandler = async (request, response) => {
    response.json(await account.find(identityOf(request).userId));
  };

  const changeProfile: RequestHandler = async (request, response) => {
    const changes = read(request, authFields.changeProfile);
    response.json(await account.change(identityOf(request).userId, changes));
  };

  const deleteAccount: RequestHandler = async (request, response) => {
    const { password } = read(request, authFields.deleteAccount);
    await account.delete(identityOf(request).userId, password);
    response.status(204).end();
  };

  const changePassword: RequestHandler = async (request, response) => {
    const passwords = read(request, authFields.changePassword);
    await account.changePassword(identityOf(request), passwords);
    response.status(204).end();
  };

  const listLogins: RequestHandler = async (request, response) => {
    const { userId, loginId } = identityOf(request);
    const logins = await auth.listLogins(userId);
    response.json({ logins: logins.map((login) => toOverview(login, loginId)) });
  };

  const endLogin: RequestHandler = async (request, response) => {
    const { loginId } = read(request, authFields.endLogin);
    if (!(await auth.logOut(identityOf(request).userId, loginId))) throw new ChatError('NOT_FOUND');
    response.status(204).end();
  };

  return {
    signUp,
    logIn,
    refresh,
    logOut,
    logOutAll,
    readProfile,
    changeProfile,
    deleteAccount,
    changePassword,
    listLogins,
    endLogin,
  };
}

function deviceOf(request: Request): Device {
  return {
    userAgent: userAgentOf(request),
    ip: request.ip === undefined ? null : plainAddress(request.ip),
  };
}

/** As one line that can be shown, or null if it shows nothing. */
function userAgentOf(request: Request): string | null {
  const userAgent = headerText(request.get('user-agent') ?? '');
  return isBlank(userAgent) ? null : startOf(toLine(userAgent), USER_AGENT_LIMIT);
}

function toOverview(
  { id, createdAt, lastUsedAt, expiresAt, userAgent, ip }: Login,
  currentLoginId: string,
): LoginOverview {
  return { id, createdAt, lastUsedAt, expiresAt, userAgent, ip, current: id === currentLoginId };
}
