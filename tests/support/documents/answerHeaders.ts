import type { Headers } from '../../../src/apiDocs/documents';
import { mistakeIn, openApi } from './validation';

/** What HTTP, CORS and the protection of browsers add to any answer, whatever it says. */
const OF_ANY_ANSWER: RegExp[] = [
  /^(connection|content-encoding|content-length|content-type|date|keep-alive|transfer-encoding|vary)$/,
  /^etag$/,
  /^access-control-allow-(origin|methods|headers)$|^access-control-expose-headers$/,
  /^(content-security-policy|referrer-policy|strict-transport-security|origin-agent-cluster)$/,
  /^cross-origin-(opener|resource)-policy$/,
  /^x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection)$/,
];

/** What of the headers of an answer is not as documented: one too many, one that is missing, or a wrong value. */
export function headerMistakes(
  documented: Headers,
  sent: Readonly<Record<string, string | string[] | undefined>>,
): string[] {
  const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
  const extra = Object.keys(sent).filter(
    (name) => !names.has(name) && !OF_ANY_ANSWER.some((pattern) => pattern.test(name)),
  );
  return [
    ...extra.map((name) => `the header ${name} is not documented`),
    ...Object.entries(documented).flatMap(([name, { $ref }]) => {
      const mistake = mistakeOf(componentIn($ref), sent[name.toLowerCase()]);
      return mistake === null ? [] : [`the header ${name}: ${mistake}`];
    }),
  ];
}

function mistakeOf(component: string, value: string | string[] | undefined): string | null {
  const header = openApi.components.headers[component];
  if (!header) return `there is no component ${component}`;
  if (value === undefined) return header.required ? 'it is missing' : null;
  return mistakeIn(String(value), 'openApi', 'components', 'headers', component, 'schema');
}

function componentIn(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}
