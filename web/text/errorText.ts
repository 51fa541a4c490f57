import { ChatClientError } from '../../client/src';

/** What is wrong with a form: by its field's name, and what concerns no single field. */
export interface FormProblems {
  fields: Readonly<Record<string, string>>;
  form: string | null;
}

export const NO_PROBLEMS: FormProblems = { fields: {}, form: null };

/** Says in a sentence or two what has gone wrong and what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof ChatClientError))
    return 'Something went wrong on this page. Reload it and try again.';
  switch (error.code) {
    case 'OFFLINE':
      return 'The server can’t be reached. Check your connection, then try again.';
    case 'UNAVAILABLE':
      return 'The server can’t answer at the moment. Try again in a little while.';
    case 'RATE_LIMITED':
      return `Too many attempts. Try again ${waitOf(error)}.`;
    case 'INVALID_CREDENTIALS':
      return 'Email or password is wrong.';
    case 'NOT_FOUND':
      return 'This is not there any more.';
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

/** Sorts what is wrong by the form's own fields; what belongs to none of them is said of the whole form. */
export function formProblems(error: unknown, fields: readonly string[]): FormProblems {
  const found = byField(error).filter(([field]) => fields.includes(field));
  return found.length > 0
    ? { fields: Object.fromEntries(found), form: null }
    : { fields: {}, form: explain(error) };
}

function byField(error: unknown): [field: string, text: string][] {
  if (!(error instanceof ChatClientError)) return [];
  if (error.code === 'USERNAME_TAKEN') return [['username', 'This username is taken. Choose another one.']];
  if (error.code === 'EMAIL_TAKEN') {
    return [['email', 'There is an account with this email already. Log in, or use another one.']];
  }
  if (error.code === 'INVALID_CREDENTIALS') return [['currentPassword', 'This is not your password.']];
  return (error.errors ?? []).map(({ field, message }) => [field, sentence(field, message)]);
}

/** Names a field as people see it on the page, not as the protocol does. */
function sentence(field: string, message: string): string {
  const words =
    field === 'content' ? 'the message' : field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  return `${name} ${message}.`;
}

function waitOf({ retryAfterMs }: ChatClientError): string {
  if (retryAfterMs === undefined) return 'in a little while';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return seconds === 1 ? 'in a second' : `in ${seconds} seconds`;
}
