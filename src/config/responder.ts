import type { EnvironmentReader } from './environment';
import { isPrivate } from './network';
import { duration, InvalidValue, integer, onOff, quote } from './values';

/** Who answers messages. */
export type ResponderConfig =
  | { readonly kind: 'echo' }
  | { readonly kind: 'module' /** Relative to the working directory. */; readonly path: string }
  | WebhookSettings
  | OpenAiSettings;

/** The limits of one request to a service that answers, in milliseconds. */
interface ServiceSettings {
  readonly url: string;
  /** Until the first text arrives. */
  readonly firstTokenTimeoutMs: number;
  /** Between two arrivals after that. */
  readonly idleTimeoutMs: number;
  readonly timeoutMs: number;
}

export interface WebhookSettings extends ServiceSettings {
  readonly kind: 'webhook';
  /** Signs the requests. */
  readonly secret: string | null;
}

export interface OpenAiSettings extends ServiceSettings {
  readonly kind: 'openai';
  readonly apiKey: string | null;
  readonly model: string;
  /** A text, or `@FILE` with the name of its file. */
  readonly systemPrompt: string | null;
  /** What the model accepts, its reply included. */
  readonly contextTokens: number;
  readonly maxTokens: number;
  /** Merged into the request; null removes a field. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Whether the model also writes the titles of sessions. */
  readonly titles: boolean;
}

/** The variables, and the kinds of responders that use them. */
const USED_BY: Readonly<Record<string, readonly string[]>> = {
  RESPONDER_URL: ['openai', 'webhook'],
  RESPONDER_MODEL: ['openai'],
};
const MAX_TOKENS = 100_000_000;

/** Reads the variables of the responder. Problems are added to those of the reader; warnings hold in every environment. */
export function readResponder(reader: EnvironmentReader): { responder: ResponderConfig; warnings: string[] } {
  const { read, problems, allValid } = reader;
  const kind = read('RESPONDER', 'echo', responderKind);
  const url = read('RESPONDER_URL', '', optional(serviceUrl));
  const service = {
    url: url ?? '',
    firstTokenTimeoutMs: read('RESPONDER_FIRST_TOKEN_TIMEOUT', '2m', duration),
    idleTimeoutMs: read('RESPONDER_IDLE_TIMEOUT', '60s', duration),
    timeoutMs: read('RESPONDER_TIMEOUT', '10m', duration),
  };
  const secret = read('RESPONDER_WEBHOOK_SECRET', '', optional(String));
  const openAi = {
    apiKey: read('RESPONDER_API_KEY', '', optional(headerValue)),
    model: read('RESPONDER_MODEL', '', optional(String)) ?? '',
    systemPrompt: read('RESPONDER_SYSTEM_PROMPT', '', optional(String)),
    contextTokens: read('RESPONDER_CONTEXT_TOKENS', '8192', integer(256, MAX_TOKENS)),
    maxTokens: read('RESPONDER_MAX_TOKENS', '1024', integer(1, MAX_TOKENS)),
    extra: read('RESPONDER_EXTRA', '{}', jsonObject),
    titles: read('RESPONDER_TITLES', 'off', onOff),
  };
  const set: Record<string, string> = { RESPONDER_URL: service.url, RESPONDER_MODEL: openAi.model };
  for (const [name, kinds] of Object.entries(USED_BY)) {
    if (kinds.includes(kind) && set[name] === '' && allValid(name)) {
      problems.push(`${name} is not set; RESPONDER=${kind} needs it.`);
    }
  }
  if (
    allValid('RESPONDER_CONTEXT_TOKENS', 'RESPONDER_MAX_TOKENS') &&
    openAi.maxTokens >= openAi.contextTokens
  ) {
    problems.push(
      `RESPONDER_MAX_TOKENS is ${openAi.maxTokens} and RESPONDER_CONTEXT_TOKENS is ${openAi.contextTokens}; ` +
        'the context must be larger, as it also holds the conversation.',
    );
  }
  const warnings = kind === 'openai' || kind === 'webhook' ? transportWarnings(service.url) : [];
  return { responder: Object.freeze(responderOf(kind, service, secret, openAi)), warnings };
}

function responderOf(
  kind: string,
  service: ServiceSettings,
  secret: string | null,
  openAi: Omit<OpenAiSettings, keyof ServiceSettings | 'kind'>,
): ResponderConfig {
  if (kind === 'echo') return { kind };
  if (kind === 'openai') return { kind, ...service, ...openAi };
  if (kind === 'webhook') return { kind, ...service, secret };
  return { kind: 'module', path: kind };
}

function optional<T>(parse: (text: string) => T): (text: string) => T | null {
  return (text) => (text === '' ? null : parse(text));
}

/** One of the words, or the path of a file, which has a slash or an extension. */
function responderKind(text: string): string {
  if (['echo', 'openai', 'webhook'].includes(text) || /[/\\.]/.test(text)) return text;
  throw new InvalidValue(
    `is ${quote(text)}; it must be "echo", "openai", "webhook", or the path of a module, such as "./responder.mjs".`,
  );
}

function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.username + url.password === '') {
    return text;
  }
  throw new InvalidValue(
    `is ${quote(text)}; it must be an address that begins with https:// or http://, without a user name or password, ` +
      'such as "https://api.openai.com/v1".',
  );
}

/** Keys are sent in a header, which can hold no other characters. The value is not shown. */
function headerValue(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidValue(
    'has a character that a key can not have: a space, a line end, or one outside of ASCII.',
  );
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.freeze({ ...value });
  throw new InvalidValue(`is ${quote(text)}; it must be a JSON object, such as {"temperature":0.2}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Conversations and the key would cross the network in clear text. */
function transportWarnings(url: string): string[] {
  if (url === '') return [];
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' || isPrivate(hostname)) return [];
  return [
    'RESPONDER_URL is an http:// address outside of your network; use https://, so that nobody else reads it.',
  ];
}
