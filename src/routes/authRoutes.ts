import { type RequestHandler, Router } from 'express';
import { body } from 'express-validator';
import { authFields, type createAuthController } from '../controllers/authController';
import type { createExportController } from '../controllers/chatController';
import type { AttemptLimits } from '../middleware/rateLimits';
import { validate } from '../middleware/validation';

export interface AuthRouteDependencies {
  controller: ReturnType<typeof createAuthController>;
  exportController: ReturnType<typeof createExportController>;
  requireLogin: RequestHandler;
  /** Identifies a guest who signs up. */
  acceptGuest: RequestHandler;
  limits: AttemptLimits;
}

const usernameOrEmail = body('username')
  .if(body('email').not().exists({ values: 'null' }))
  .exists({ values: 'null' })
  .withMessage('must be given, or "email", or both');

const emailOrUsername = body('email')
  .if(body('username').not().exists({ values: 'null' }))
  .exists({ values: 'null' })
  .withMessage('must be given, or "username"');

/** `/api/auth`. Limits of attempts come after `validate`: a request that is invalid tries nothing, so it doesn't count. */
export function createAuthRoutes({
  exportController,
  controller,
  requireLogin,
  acceptGuest,
  limits,
}: AuthRouteDependencies): Router {
  const router = Router();
  /** `{username, email, password}`, with the token of a guest or without one → 201 `AuthResult` */
  router.post('/signup', validate(authFields.signUp), limits.everyRequest, acceptGuest, controller.signUp);
  /** An account without a name and a password → 201 `AuthResult` */
  router.post('/guest', limits.everyRequest, controller.createGuest);
  /** `{email, password}` or `{username, password}` → 200 `AuthResult`, or 401 `INVALID_CREDENTIALS` */
  router.post('/login', validate(authFields.logIn, emailOrUsername), limits.wrongPasswords, controller.logIn);
  /** `{refreshToken}` → 200 `AuthResult`, the next pair of tokens */
  router.post('/refresh', validate(authFields.refresh), limits.forgedRefreshTokens, controller.refresh);
  /** Ends this login → 204 */
  router.post('/logout', requireLogin, controller.logOut);
  /** Ends all logins of the user → 204 */
  router.post('/logout-all', requireLogin, controller.logOutAll);
  /** → 200 `User` */
  router.get('/me', requireLogin, controller.readProfile);
  /** `{username?, email?}` → 200 `User`, or 409 */
  router.patch(
    '/me',
    requireLogin,
    validate(authFields.changeProfile, usernameOrEmail),
    controller.changeProfile,
  );
  /** `{password}`, unless the account has none: deletes the account and all its data → 204 */
  router.delete(
    '/me',
    requireLogin,
    validate(authFields.deleteAccount),
    limits.wrongPasswords,
    controller.deleteAccount,
  );
  /** Everything of the user, streamed → 200 JSON Lines */
  router.get('/me/export', requireLogin, exportController.exportAccount);
  /** `{currentPassword, newPassword}`: ends the other logins → 204 */
  router.put(
    '/password',
    requireLogin,
    validate(authFields.changePassword),
    limits.wrongPasswords,
    controller.changePassword,
  );
  /** The user's devices → 200 `{logins}` */
  router.get('/logins', requireLogin, controller.listLogins);
  /** Ends one of them → 204 */
  router.delete('/logins/:loginId', requireLogin, validate(authFields.endLogin), controller.endLogin);
  return router;
}
