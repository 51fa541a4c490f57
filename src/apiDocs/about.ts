/** What both documents say of themselves. */

export const OPENAPI_VERSION = '3.1.0';
export const ASYNCAPI_VERSION = '3.0.0';

export const LICENSE = { name: 'MIT', url: 'https://opensource.org/license/mit' };
/** Of the protocol: it counts up when clients have to change, or could use more. */
export const API_VERSION = '1.0.0';

export const BEARER_TOKEN =
  'The `token` of a login. It is worth something only as long as its login lives: logging out ends it at once.';
