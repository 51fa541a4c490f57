import type { Config } from './config/readConfig';
import { createAuthController } from './controllers/authController';
import { createChatController } from './controllers/chatController';
import { requireLogin } from './middleware/authentication';
import { limitAuthAttempts, limitMessages } from './middleware/rateLimits';
import { createAuthRoutes } from './routes/authRoutes';
import { createChatRoutes } from './routes/chatRoutes';
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
    authRoutes: createAuthRoutes({ ...guards, controller: createAuthController(auth, account) }),
    chatRoutes: createChatRoutes({
      ...guards,
      controller: createChatController(sessions, messages),
      limitMessages: limitMessages(messageRate),
    }),
  };
}
