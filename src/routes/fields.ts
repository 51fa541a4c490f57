import { body, param, query, type ValidationChain } from 'express-validator';
import { clientMessageId, content, type FieldRule, storableText, uuid } from '../domain/fields';
import {
  MAX_EMAIL_LENGTH,
  MAX_NAME_LENGTH,
  PAGE_LENGTH,
  PASSWORD_LENGTH,
  USERNAME_LENGTH,
  USERNAME_PATTERN,
} from '../domain/limits';
import { isCommonPassword } from '../middleware/commonPasswords';
import { holds } from '../middleware/validation';

/** The account fields of a body. */
export const username = () =>
  text('username')
    .matches(USERNAME_PATTERN)
    .withMessage(`must have ${range(USERNAME_LENGTH)} letters, digits, "_", "." or "-"`);

export const email = () =>
  text('email')
    .custom(hasLength({ min: 0, max: MAX_EMAIL_LENGTH }))
    .withMessage(`must have at most ${MAX_EMAIL_LENGTH} characters`)
    .bail()
    .isEmail()
    .withMessage('must be an email address');

export const newPassword = (field: string) =>
  text(field)
    .custom(hasLength(PASSWORD_LENGTH))
    .withMessage(`must have ${range(PASSWORD_LENGTH)} characters`)
    .bail()
    .custom((value: string) => !isCommonPassword(value))
    .withMessage('is one of the passwords that everybody tries first; choose another one');

/** Any text: a wrong password is `INVALID_CREDENTIALS`, however long it is. */
export const text = (field: string) => body(field).custom(holds(storableText)).bail();

/** Says of a change that changes nothing what could be changed. */
export const eitherUsernameOrEmail = () =>
  body('username')
    .if(body('email').not().exists())
    .exists()
    .withMessage('must be given, or "email", or both');

export const loginId = () => param('loginId').custom(holds(uuid));

/** The fields of a session. */
export const sessionId = () => param('sessionId').custom(holds(uuid));
export const newSessionId = () => body('id').optional().custom(holds(uuid));
export const name = () =>
  text('name')
    .custom((value: string) => value.trim() !== '')
    .withMessage('must not be blank')
    .bail()
    .custom(hasLength({ min: 0, max: MAX_NAME_LENGTH }))
    .withMessage(`must have at most ${MAX_NAME_LENGTH} characters`);

/** The fields of a message. */
export const messageContent = () => body('content').custom(holds(content));
export const messageClientId = () => body('clientMessageId').optional().custom(holds(clientMessageId));

/** The parameters of a page. */
export const limit = () => wholeNumber('limit', PAGE_LENGTH.min, PAGE_LENGTH.max);
export const cursor = () => query('cursor').optional().custom(holds(storableText));
export const before = () =>
  wholeNumber('before', 0, Number.MAX_SAFE_INTEGER)
    .custom((_, { req }) => req.query?.after === undefined)
    .withMessage('must not be given together with "after"');
export const after = () => wholeNumber('after', 0, Number.MAX_SAFE_INTEGER);

interface Range {
  min: number;
  max: number;
}

function range({ min, max }: Range): string {
  return `${min} to ${max}`;
}

/** Counts what `isLength` does not: variation selectors, of which any number would pass it. */
function hasLength({ min, max }: Range): (value: string) => boolean {
  return (value) => {
    const { length } = Array.from(value);
    return length >= min && length <= max;
  };
}

const single: FieldRule = (value) => (typeof value === 'string' ? null : 'must be given once');

function wholeNumber(field: string, min: number, max: number): ValidationChain {
  return query(field)
    .optional()
    .custom(holds(single))
    .bail()
    .isInt({ min, max, allow_leading_zeroes: false })
    .withMessage(`must be a whole number from ${min} to ${max}`)
    .bail()
    .toInt();
}
