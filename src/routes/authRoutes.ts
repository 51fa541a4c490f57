import { type RequestHandler, Router } from 'express';
import type { createAuthController } from '../controllers/authController';
import { validate } from '../middleware/validation';
import { eitherUsernameOrEmail, email, loginId, newPassword, text, username } from './fields';

export interface AuthRouteDependencies {
  controller: ReturnType<typeof createAuthController>;
  requireLogin: RequestHandler;
  limitAttempts: RequestHandler;
}

/** `/api/auth` */
export function createAuthRoutes({ controller, requireLogin, limitAttempts }: AuthRouteDependencies): Router {
  const router = Router();
  /** `{username, email, password}` → 201 `AuthResult` */
  router.post(
    '/signup',
    limitAttempts,
    validate(username(), email(), newPassword('password')),
    controller.signUp,
  );
  /** `{email, password}` → 200 `AuthResult`, or 401 `INVALID_CREDENTIALS` */
  router.post('/login', limitAttempts, validate(text('email'), text('password')), controller.logIn);
  /** `{refreshToken}` → 200 `AuthResult`, the next pair */
  router.post('/refresh', limitAttempts, validate(text('refreshToken')), controller.refresh);
  /** Ends this login → 204 */
  router.post('/logout', requireLogin, controller.logOut);
  /** Ends all logins of the user → 204 */
  router.post('/logout-all', requireLogin, controller.logOutAll);
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
