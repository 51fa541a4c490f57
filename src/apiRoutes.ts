import type { Config } from './config/readConfig';
import { createAccountController } from './controllers/accountController';
import { createAuthController } from './controllers/authController';
import { createMessageController } from './controllers/messageController';
import { createSessionController } from './controllers/sessionController';
import { requireLogin } from './middleware/authentication';
import { limitAuthAttempts, limitMessages } from './middleware/rateLimits';
import { createAccountRoutes } from './routes/accountRoutes';
import { createAuthRoutes } from './routes/authRoutes';
import { createSessionRoutes } from './routes/sessionRoutes';
import type { Services } from './services/services';
import type { RateLimiter } from './utils/rateLimiter';

/** All routes below `/api`, each with its controller and with what guards it. */
export function createApiRoutes(
  { auth, account, sessions, messages }: Services,
  { authRatePerMinute }: Pick<Config, 'authRatePerMinute'>,
  messageRate: RateLimiter,
  onTooManyAttempts: () => void,
) {
  const guards = {
    requireLogin: requireLogin(auth),
    limitAttempts: limitAuthAttempts(authRatePerMinute, onTooManyAttempts),
  };
  return {
    authRoutes: createAuthRoutes({ ...guards, controller: createAuthController(auth) }),
    accountRoutes: createAccountRoutes({ ...guards, controller: createAccountController(account, auth) }),
    sessionRoutes: createSessionRoutes({
      ...guards,
      sessions: createSessionController(sessions),
      messages: createMessageController(messages),
      limitMessages: limitMessages(messageRate),
    }),
  };
}
