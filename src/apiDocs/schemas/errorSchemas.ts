import { ERROR_CATALOGUE, type ErrorCode, type FieldError, type Problem } from '../../domain/errors';
import type { ErrorEvent, EventFailure } from '../../domain/events';
import { REQUEST_ID_PATTERN } from '../../domain/limits';
import { clientMessageId } from './formats';
import { described, list, object, oneOf, optional, text, wholeNumber } from './jsonSchema';
import { ref } from './namedTypes';

/** Every code a client can meet. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(ERROR_CATALOGUE).filter(isCode);

function isCode(name: string): name is ErrorCode {
  return name in ERROR_CATALOGUE;
}

const code = oneOf(ERROR_CODES, 'What went wrong, for programs. A code never changes its meaning.');
const errors = list(ref('FieldError'), 'With `VALIDATION_FAILED`: each field that is wrong.');
const failure = {
  code,
  message: text('What is wrong and what to do, for people.'),
  errors: optional(errors),
  retryAfterMs: optional(
    wholeNumber('With `RATE_LIMITED`: how long to wait, in milliseconds.', { minimum: 0 }),
  ),
};

export const fieldError = object<FieldError>('A field that is wrong.', {
  field: text('Its name.'),
  message: text('What would be right, as the rest of a sentence that begins with the name.'),
});

export const problem = object<Problem>('Why a request failed (RFC 9457), as `application/problem+json`.', {
  type: text('The kind of problem, as a URN.', { pattern: '^urn:smart-chat-server:problem:[a-z-]+$' }),
  title: text('The kind of problem, for people.'),
  status: wholeNumber('The HTTP status.', { minimum: 400, maximum: 599 }),
  detail: text('What is wrong here and what to do, for people.'),
  instance: text('The path that was asked for.', { pattern: '^[^?]+$' }),
  code,
  errors: optional(errors),
  requestId: text('The same as in `X-Request-Id`: the log of the server has it too.', {
    pattern: REQUEST_ID_PATTERN,
  }),
});

export const eventFailure = object<EventFailure>('Why an event was refused.', failure);

export const errorEvent = object<ErrorEvent>('Why an event was refused that came without an ack.', {
  ...failure,
  event: text('The event that was refused.'),
  clientMessageId: optional(
    described(clientMessageId, 'The `clientMessageId` of the message that was refused.'),
  ),
});
