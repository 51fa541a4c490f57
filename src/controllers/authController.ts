import type { Request, RequestHandler } from 'express';
import { identityOf } from '../middleware/authentication';
import { validated } from '../middleware/validation';
import type { AuthService, Device } from '../services/authService';
import { plainAddress } from '../utils/clientAddress';

const MAX_USER_AGENT_LENGTH = 256;

/** Accounts and logins over REST. */
export function createAuthController(auth: AuthService) {
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

  return { signUp, logIn, refresh, logOut, logOutAll };
}

function deviceOf(request: Request): Device {
  return {
    userAgent: request.get('user-agent')?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
    ip: request.ip === undefined ? null : plainAddress(request.ip),
  };
}
