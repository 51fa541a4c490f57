import type { FieldError, Problem } from '../../domain/errors';
import type { ErrorEvent, EventFailure, JoinTarget, SendPayload } from '../../domain/events';
import type { AuthResult, LoginOverview } from '../../domain/login';
import type { Message, MessagePage } from '../../domain/message';
import type { Session, SessionPage } from '../../domain/session';
import type { User } from '../../domain/user';
import type { SchemaOf } from './jsonSchema';

/** What stands in both documents under a name of its own, under `components.schemas`. */
export interface NamedTypes {
  User: User;
  AuthResult: AuthResult;
  LoginOverview: LoginOverview;
  Session: Session;
  SessionPage: SessionPage;
  Message: Message;
  MessagePage: MessagePage;
  Problem: Problem;
  FieldError: FieldError;
  JoinTarget: JoinTarget;
  SendPayload: SendPayload;
  EventFailure: EventFailure;
  ErrorEvent: ErrorEvent;
}

const PREFIX = '#/components/schemas/';

/** Refers to a named schema. */
export function ref<N extends keyof NamedTypes>(name: N): SchemaOf<NamedTypes[N]> {
  return { $ref: `${PREFIX}${name}` };
}

/** The name in a reference; undefined if it is none. */
export function nameIn(reference: unknown): string | undefined {
  return typeof reference === 'string' && reference.startsWith(PREFIX)
    ? reference.slice(PREFIX.length)
    : undefined;
}
