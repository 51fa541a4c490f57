import type { RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import { optional, text, uuid } from '../domain/fields';
import type { Login, LoginOverview } from '../domain/user';
import { deviceOf, identityOf, knownIdentityOf } from '../middleware/requests';
import { inPath, read } from '../middleware/validation';
import { type AccountService, passwordChangeFields, profileChangeFields } from '../services/accountService';
import { type AuthService, logInFields, signUpFields } from '../services/authService';

/** The fields of each route. A password to compare may be any text, as in a login. */
export const authFields = {
  signUp: signUpFields,
  logIn: logInFields,
  refresh: { refreshToken: text },
  changeProfile: profileChangeFields,
  deleteAccount: { password: optional(text) },
  changePassword: passwordChangeFields,
  endLogin: { loginId: inPath(uuid) },
};

/** Accounts and logins over REST. */
export function createAuthController(auth: AuthService, account: AccountService) {
  const signUp: RequestHandler = async (request, response) => {
    const input = read(request, authFields.signUp);
    response.status(201).json(await auth.signUp(input, deviceOf(request), knownIdentityOf(request)));
  };

  const createGuest: RequestHandler = async (request, response) => {
    response.status(201).json(await auth.createGuest(deviceOf(request)));
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
    createGuest,
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

function toOverview(
  { id, createdAt, lastUsedAt, expiresAt, userAgent, ip }: Login,
  currentLoginId: string,
): LoginOverview {
  return { id, createdAt, lastUsedAt, expiresAt, userAgent, ip, current: id === currentLoginId };
}
