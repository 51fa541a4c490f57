import { ChatClientError } from '../../client/src';

/** The problems of a form: one text per field name, and one that concerns no single field. */
export interface FormProblems {
  fields: Readonly<Record<string, string>>;
  form: string | null;
}

/** Describes for the user what went wrong and what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof ChatClientError))
    return 'Something went wrong on this page. Reload it and try again.';
  switch (error.code) {
    case 'OFFLINE':
      return 'The server can’t be reached. Check your connection, then try again.';
    case 'UNAVAILABLE':
      return 'The server is temporarily unavailable. Try again shortly.';
    case 'RATE_LIMITED':
      return `Too many attempts. Try again in ${waitOf(error)}.`;
    case 'INVALID_CREDENTIALS':
      return 'The email, username or password is incorrect. Try again.';
    case 'NOT_FOUND':
      return 'This no longer exists. It may have been deleted on another device.';
    case 'UNAUTHENTICATED':
    case 'TOKEN_EXPIRED':
    case 'TOKEN_REUSED':
      return 'You are logged out. Log in again.';
    case 'VALIDATION_FAILED':
      return error.errors?.map(({ field, message }) => sentence(field, message)).join(' ') ?? error.message;
    default:
      return error.message;
  }
}

/** Assigns the error to the form's fields, or to the form as a whole if it concerns none of them. */
export function formProblems(error: unknown, fields: readonly string[]): FormProblems {
  const found = fieldProblems(error).filter(([field]) => fields.includes(field));
  return found.length > 0
    ? { fields: Object.fromEntries(found), form: null }
    : { fields: {}, form: explain(error) };
}

function fieldProblems(error: unknown): [field: string, text: string][] {
  if (!(error instanceof ChatClientError)) return [];
  if (error.code === 'USERNAME_TAKEN') return [['username', 'This username is taken. Choose another one.']];
  if (error.code === 'EMAIL_TAKEN') {
    return [['email', 'An account with this email already exists. Log in, or use another email.']];
  }
  if (error.code === 'INVALID_CREDENTIALS') {
    return [['currentPassword', 'This password is incorrect. Try again.']];
  }
  return (error.errors ?? []).map(({ field, message }) => [field, sentence(field, message)]);
}

/** Names the field as the page labels it, not as the protocol does. */
function sentence(field: string, message: string): string {
  const words =
    field === 'content' ? 'the message' : field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  return `${name} ${message}.`;
}

function waitOf({ retryAfterMs }: ChatClientError): string {
  if (retryAfterMs === undefined) return 'a moment';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return seconds === 1 ? 'a second' : `${seconds} seconds`;
}
