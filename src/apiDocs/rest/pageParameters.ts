import { PAGE_LENGTH } from '../../domain/limits';
import { SESSION } from '../examples';
import { uuid } from '../schemas/formats';
import { text, wholeNumber } from '../schemas/jsonSchema';
import type { Parameter } from './operation';

export const sessionId: Parameter = {
  name: 'sessionId',
  in: 'path',
  schema: uuid('The `id` of the session.'),
  example: SESSION.id,
};

const { min: minimum, max: maximum } = PAGE_LENGTH;

export const limit: Parameter = {
  name: 'limit',
  in: 'query',
  schema: wholeNumber('The most that the page may have.', {
    minimum,
    maximum,
    default: PAGE_LENGTH.default,
  }),
  example: 20,
};

export const cursor: Parameter = {
  name: 'cursor',
  in: 'query',
  schema: text('The `nextCursor` of the page before; without it the first page.'),
  example: 'MjAyNi0xMS0yNVQwOTozMTowNy45MTRaIGUxMGQ4N2I4LTRjMWYtNGYyYS05ZDBlLTZmMWY3YzBjM2I1YQ',
};

export const before: Parameter = {
  name: 'before',
  in: 'query',
  schema: wholeNumber('Only messages with a smaller `seq`, the nearest ones. Not together with `after`.', {
    minimum: 0,
  }),
  example: 101,
};

export const after: Parameter = {
  name: 'after',
  in: 'query',
  schema: wholeNumber('Only messages with a larger `seq`, the nearest ones. Not together with `before`.', {
    minimum: 0,
  }),
  example: 0,
};
