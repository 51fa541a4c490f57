import { ERROR_CATALOGUE } from '../../domain/errors';
import type { RouteView } from './operationView';

/** The codes that every call with a token can fail with; to repeat them at each would bury the others. */
export function codesOfEveryCall(routes: readonly RouteView[]): Set<string> {
  const calls = routes.filter(({ operation }) => operation.security.length > 0);
  const [first = [], ...others] = calls.map(codesOf);
  return new Set(first.filter((code) => others.every((codes) => codes.includes(code))));
}

/** Which of them a route needs not name: without a token those about tokens are its own, and some have none of the rest. */
export function unsaidCodes(route: RouteView, common: ReadonlySet<string>): ReadonlySet<string> {
  if (route.operation.security.length > 0) return common;
  const own = codesOf(route);
  const unsaid = [...common].filter((code) => statusOf(code) !== 401);
  return new Set(unsaid.every((code) => own.includes(code)) ? unsaid : []);
}

function codesOf({ operation }: RouteView): string[] {
  return Object.values(operation.responses).flatMap(({ content }) =>
    Object.keys(content?.['application/problem+json']?.examples ?? {}),
  );
}

function statusOf(code: string): number | undefined {
  return Object.entries(ERROR_CATALOGUE).find(([each]) => each === code)?.[1].status;
}
