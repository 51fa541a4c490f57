import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { isSystemError } from './systemError';

/** A file of the chat page, ready to be sent. */
export interface PageFile {
  type: string;
  body: Buffer;
  /** The same compressed, by the name of the encoding in `Accept-Encoding`. */
  compressed: { br: Buffer; gzip: Buffer };
  /** Names the content: it changes whenever the content does. */
  hash: string;
}

export interface PageFiles {
  html: PageFile;
  /** The client library as one module. */
  client: PageFile;
  /** What the page loads, by name. */
  assets: ReadonlyMap<string, PageFile>;
}

/** The built chat page is not where it should be. */
export class PageMissingError extends Error {
  constructor(readonly directory: string) {
    super(`there is no built chat page in ${directory}`);
    this.name = 'PageMissingError';
  }
}

const HTML = 'index.html';
const CLIENT = 'client.js';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/**
 * Reads the built page into memory. What its HTML refers to under `/assets/` gets the hash of its content as a version, so that
 * caches may keep it for good. Throws `PageMissingError` where it isn't built.
 */
export async function readPageFiles(directory: string): Promise<PageFiles> {
  const contents = new Map<string, Buffer>();
  for (const name of await namesIn(directory)) contents.set(name, await readFile(join(directory, name)));
  const [source, module] = [contents.get(HTML), contents.get(CLIENT)];
  if (!source || !module) throw new PageMissingError(directory);
  const assets = new Map<string, PageFile>();
  let html = source.toString();
  for (const [name, content] of contents) {
    if (name === HTML || name === CLIENT) continue;
    const file = await prepare(name, content);
    assets.set(name, file);
    html = html.replaceAll(`"/assets/${name}"`, `"/assets/${name}?v=${file.hash}"`);
  }
  return { html: await prepare(HTML, Buffer.from(html)), client: await prepare(CLIENT, module), assets };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => extname(name) in TYPES);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw new PageMissingError(directory);
    throw error;
  }
}

async function prepare(name: string, body: Buffer): Promise<PageFile> {
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    body,
    compressed: {
      br: await promisify(brotliCompress)(body),
      gzip: await promisify(gzip)(body, { level: 9 }),
    },
    hash: createHash('sha256').update(body).digest('base64url').slice(0, 16),
  };
}
