import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../config/environment';
import type { OpenAiSettings, ResponderConfig } from '../config/responder';
import { echo, isRecord, type Responder } from './responder';
import type { OnResponse } from './upstream';

/**
 * Creates the responder that the configuration names. `onResponse` is called for each of its requests to a service. What it needs is loaded only here. Throws a `ConfigError` if a file that
 * the configuration names can't be used.
 */
export async function loadResponder(
  config: ResponderConfig,
  onResponse: OnResponse = () => {},
): Promise<Responder> {
  if (config.kind === 'echo') return echo;
  if (config.kind === 'module') return loadModule(config.path);
  if (config.kind === 'webhook') {
    const { createWebhookResponder }: typeof import('./httpResponders') = require('./httpResponders');
    return createWebhookResponder(config, onResponse);
  }
  const { createOpenAiResponder }: typeof import('./httpResponders') = require('./httpResponders');
  return createOpenAiResponder({ ...config, systemPrompt: systemPromptOf(config) }, onResponse);
}

function systemPromptOf({ systemPrompt }: OpenAiSettings): string | null {
  if (!systemPrompt?.startsWith('@')) return systemPrompt;
  try {
    return readFileSync(systemPrompt.slice(1), 'utf8').trim();
  } catch (error) {
    throw new ConfigError([`RESPONDER_SYSTEM_PROMPT names a file that can't be read: ${reasonOf(error)}`]);
  }
}

async function loadModule(path: string): Promise<Responder> {
  let exported: unknown;
  try {
    exported = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new ConfigError([`RESPONDER names a module that can't be loaded: ${reasonOf(error)}`]);
  }
  // The default export of a CommonJS module that was compiled from ES syntax is one level deeper.
  for (let depth = 0; depth < 2 && isRecord(exported); depth++) {
    exported = exported.default;
    if (isResponder(exported)) return exported;
  }
  throw new ConfigError([
    `RESPONDER names ${path}, whose default export is not a responder: ` +
      'an object with "kind" ("immediate", "deferred" or "streaming") and a function "respond".',
  ]);
}

function isResponder(value: unknown): value is Responder {
  if (!isRecord(value) || typeof value.respond !== 'function') return false;
  return value.kind === 'immediate' || value.kind === 'deferred' || value.kind === 'streaming';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
