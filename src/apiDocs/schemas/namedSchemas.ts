import { authResult, loginOverview, user } from './accountSchemas';
import { message, messagePage, session, sessionPage } from './chatSchemas';
import { errorEvent, eventFailure, fieldError, problem } from './errorSchemas';
import { joinTarget, sendPayload } from './eventSchemas';
import type { JsonSchema, SchemaOf } from './jsonSchema';
import { type NamedTypes, nameIn } from './namedTypes';

const NAMED_SCHEMAS: { readonly [N in keyof NamedTypes]: SchemaOf<NamedTypes[N]> } = {
  User: user,
  AuthResult: authResult,
  LoginOverview: loginOverview,
  Session: session,
  SessionPage: sessionPage,
  Message: message,
  MessagePage: messagePage,
  JoinTarget: joinTarget,
  SendPayload: sendPayload,
  Problem: problem,
  EventFailure: eventFailure,
  ErrorEvent: errorEvent,
  FieldError: fieldError,
};

/** The named schemas that a part of a document refers to, directly or through others. */
export function schemasUsedBy(part: unknown): Record<string, JsonSchema> {
  const used = new Set<string>();
  collectNames(part, used);
  return Object.fromEntries(Object.entries(NAMED_SCHEMAS).filter(([name]) => used.has(name)));
}

function collectNames(part: unknown, used: Set<string>): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    const name = key === '$ref' ? nameIn(value) : undefined;
    if (name === undefined) collectNames(value, used);
    else if (!used.has(name)) {
      used.add(name);
      collectNames(Object.entries(NAMED_SCHEMAS).find(([each]) => each === name)?.[1], used);
    }
  }
}
