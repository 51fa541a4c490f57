import { type RequestHandler, Router } from 'express';
import type { createAccountController } from '../controllers/accountController';
import { validate } from '../middleware/validation';
import { eitherUsernameOrEmail, email, loginId, newPassword, text, username } from './fields';

export interface AccountRouteDependencies {
  controller: ReturnType<typeof createAccountController>;
  requireLogin: RequestHandler;
  limitAttempts: RequestHandler;
}

/** The part of `/api/auth` that is for those who are logged in. */
export function createAccountRoutes(dependencies: AccountRouteDependencies): Router {
  const { controller, requireLogin, limitAttempts } = dependencies;
  const router = Router();
  /** → 200 `User` */
  router.get('/me', requireLogin, controller.read);
  /** `{username?, email?}` → 200 `User`, or 409 */
  router.patch(
    '/me',
    requireLogin,
    validate(username().optional(), email().optional(), eitherUsernameOrEmail()),
    controller.change,
  );
  /** `{password}`: deletes the account and all its data → 204 */
  router.delete('/me', requireLogin, limitAttempts, validate(text('password')), controller.remove);
  /** `{currentPassword, newPassword}`: ends the other logins → 204 */
  router.put(
    '/password',
    requireLogin,
    limitAttempts,
    validate(text('currentPassword'), newPassword('newPassword')),
    controller.changePassword,
  );
  /** The user's devices → 200 `{logins}` */
  router.get('/logins', requireLogin, controller.listLogins);
  /** Ends one of them → 204 */
  router.delete('/logins/:loginId', requireLogin, validate(loginId()), controller.endLogin);
  return router;
}
