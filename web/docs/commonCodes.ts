import { ERROR_CATALOGUE } from '../../src/domain/errors';
import type { Route } from './OperationEntry';

/** The codes that every call with a token can return. They are explained once, not in each route. */
export function codesOfEveryCall(routes: readonly Route[]): Set<string> {
  const calls = routes.filter(({ operation }) => operation.security.length > 0);
  const [first = [], ...others] = calls.map(codesOf);
  return new Set(first.filter((code) => others.every((codes) => codes.includes(code))));
}

/** The common codes that a route's list leaves out. A public route lists the codes about tokens, which are its own. */
export function impliedCodes(route: Route, common: ReadonlySet<string>): ReadonlySet<string> {
  if (route.operation.security.length > 0) return common;
  const own = codesOf(route);
  const implied = [...common].filter((code) => statusOf(code) !== 401);
  return new Set(implied.every((code) => own.includes(code)) ? implied : []);
}

function codesOf({ operation }: Route): string[] {
  return Object.values(operation.responses).flatMap(({ content }) =>
    Object.keys(content?.['application/problem+json']?.examples ?? {}),
  );
}

function statusOf(code: string): number | undefined {
  return Object.entries(ERROR_CATALOGUE).find(([each]) => each === code)?.[1].status;
}
