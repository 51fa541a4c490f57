import type { Responder } from './responder';

/** Answers every message with its own content. */
export const echo: Responder = {
  kind: 'immediate',
  respond: ({ content }) => content,
};
