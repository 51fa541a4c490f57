import { ACCOUNT_OPERATIONS } from './accountOperations';
import { LOGIN_OPERATIONS } from './loginOperations';
import { MESSAGE_OPERATIONS } from './messageOperations';
import type { Operation, Tag } from './operation';
import { SERVER_OPERATIONS } from './serverOperations';
import { SESSION_OPERATIONS } from './sessionOperations';

/** Every route of the server. */
export const OPERATIONS: readonly Operation[] = [
  ...LOGIN_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...MESSAGE_OPERATIONS,
  ...SERVER_OPERATIONS,
];

/** What the routes are sorted by, in the order of the document. */
export const TAGS: readonly { name: Tag; description: string }[] = [
  { name: 'Accounts', description: 'Sign up, log in and out, and manage the account.' },
  { name: 'Devices', description: 'Each login is a device. See them all, and log one out.' },
  { name: 'Sessions', description: 'The conversations of a user.' },
  { name: 'Messages', description: 'What was said, and saying something without a socket.' },
  { name: 'Server', description: 'What the server says of itself, to anyone.' },
];
