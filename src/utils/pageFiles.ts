import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isSystemError } from './systemError';

/** The built chat page, client library and API reference: `dist/web`. */
export interface PageFiles {
  directory: string;
  /** The ETag of each file, by its path below the directory, such as `/docs/index.html`. */
  etags: ReadonlyMap<string, string>;
  /** The HTML of the chat page. */
  page: string;
  /** The HTML of the page at unknown addresses. */
  notFound: string;
  /** The web app manifest, with which the page can be installed. */
  manifest: string;
  /** The HTML of the API reference, with `DOCUMENTED_ORIGIN` as the origin of the server. */
  reference: string;
  /** The description for language models and the Postman collection, with the same origin. */
  llms: string;
  postman: string;
}

/** The chat page is not built. */
export class PageMissingError extends Error {
  constructor(readonly directory: string) {
    super(`the chat page is not built in ${directory}`);
    this.name = 'PageMissingError';
  }
}

/** Without these the build is incomplete. */
const REQUIRED = [
  '/index.html',
  '/notFound.html',
  '/manifest.webmanifest',
  '/client.js',
  '/chat-client.global.js',
  '/docs/index.html',
  '/docs/style.css',
  '/docs/script.js',
  '/docs/postman.json',
  '/llms.txt',
];

/**
 * Lists the built files; null if they are not built. ETags come from the content, because packages and images normalize
 * the modification times of files.
 */
export async function readPageFiles(directory: string): Promise<PageFiles | null> {
  const etags = new Map<string, string>();
  const texts = new Map<string, string>();
  for (const path of await pathsIn(directory)) {
    const content = await readFile(join(directory, path));
    if (/\.(html|webmanifest|txt|json)$/.test(path))
      texts.set(`/${path.replaceAll(sep, '/')}`, content.toString());
    const hash = createHash('sha256').update(content).digest('base64url');
    // Weak, because the compressed files share it.
    etags.set(`/${path.replaceAll(sep, '/')}`, `W/"${hash.slice(0, 16)}"`);
  }
  if (!REQUIRED.every((path) => etags.has(path))) return null;
  const text = (path: string) => texts.get(path) ?? '';
  return {
    directory,
    etags,
    page: text('/index.html'),
    notFound: text('/notFound.html'),
    manifest: text('/manifest.webmanifest'),
    reference: text('/docs/index.html'),
    llms: text('/llms.txt'),
    postman: text('/docs/postman.json'),
  };
}

async function pathsIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
      .map(({ parentPath, name }) => relative(directory, join(parentPath, name)));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
