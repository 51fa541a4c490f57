import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { DOCUMENTED_ORIGIN } from '../domain/limits';
import { accentStyles } from '../utils/accentColors';
import { requestOrigin } from '../utils/httpRequest';
import type { PageFiles } from '../utils/pageFiles';

const REVALIDATE = 'no-cache';
const FOREVER = 'public, max-age=31536000, immutable';

/** The content codings by preference. */
const CODINGS = ['br', 'gzip'] as const;
/** The extension of the built files with each content coding. */
const EXTENSIONS = { br: '.br', gzip: '.gz' } as const;
/** The best quality takes a hundred times as long. */
const BROTLI_QUALITY = 5;

/** By the extension of the uncompressed file. */
const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.png': 'image/png',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.tgz': 'application/gzip',
};

/** How the operator has adapted the chat page. */
export interface PageSettings {
  readonly webTitle: string;
  readonly webAccent: string | null;
  readonly signUp: boolean;
  readonly guests: boolean;
  /** Whether the chat page is served. */
  readonly webClient: boolean;
}

export interface StaticController {
  /** Serves the chat page with its settings. Caches must revalidate it. */
  page: RequestHandler;
  /** Responds with 404 and a page that links to the chat. */
  notFound: RequestHandler;
  /** Serves the web app manifest, with the title of the page. Caches must revalidate it. */
  manifest: RequestHandler;
  /** Serves the style sheet of the accent color, which the page loads if it has one. */
  accent: RequestHandler;
  /** Serves the file at this path. Caches must revalidate it. */
  file(path: string): RequestHandler;
  /** Serves the file in `/assets` that the `name` parameter names. Its name contains a hash, so caches keep it forever. */
  asset: RequestHandler;
  /** Serves the API reference, with the origin at which the client reaches this server. */
  reference: RequestHandler;
  /** Serve the description for language models and the Postman collection, with the same origin. */
  llms: RequestHandler;
  postman: RequestHandler;
}

/** Serves the built files. Only files that existed at the start of the server can be requested. */
export function createStaticController(
  { directory, etags, page, notFound, manifest, reference, llms, postman }: PageFiles,
  settings: PageSettings,
): StaticController {
  const { webAccent } = settings;
  const sendNotFound = serveText('text/html', () => adaptPage(notFound, settings));

  function send(
    path: string,
    caching: string,
    request: Request,
    response: Response,
    next: NextFunction,
  ): void {
    const etag = etags.get(path);
    if (etag === undefined) {
      next();
      return;
    }
    const coding = acceptedCoding(request);
    const extension = coding ? EXTENSIONS[coding] : '';
    response.vary('Accept-Encoding');
    response.set('Cache-Control', caching);
    response.sendFile(path + extension, {
      root: directory,
      cacheControl: false,
      acceptRanges: false,
      lastModified: false,
      // Sent only if the file can be read, so that an error has none of them.
      headers: {
        'Content-Type': CONTENT_TYPES[extname(path)] ?? 'application/octet-stream',
        ETag: etag,
        ...(coding && { 'Content-Encoding': coding }),
      },
    });
  }

  return {
    page: serveText('text/html', () => adaptPage(page, settings)),
    manifest: serveText('application/manifest+json', () =>
      JSON.stringify({ ...JSON.parse(manifest), name: settings.webTitle, short_name: settings.webTitle }),
    ),
    notFound(request, response, next) {
      response.status(404);
      return sendNotFound(request, response, next);
    },
    accent:
      webAccent === null
        ? (_request, _response, next) => next()
        : serveText('text/css', () => accentStyles(webAccent)),
    file: (path) => (request, response, next) => send(path, REVALIDATE, request, response, next),
    asset: (request, response, next) =>
      send(`/assets/${request.params.name}`, FOREVER, request, response, next),
    reference: serveTextWithOrigin('text/html', (origin) =>
      adaptReference(reference, settings).replaceAll(DOCUMENTED_ORIGIN, origin),
    ),
    llms: serveTextWithOrigin('text/plain', (origin) => llms.replaceAll(DOCUMENTED_ORIGIN, origin)),
    postman: serveTextWithOrigin('application/json', (origin) =>
      postman.replaceAll(DOCUMENTED_ORIGIN, origin),
    ),
  };
}

/** Inline styles and scripts are forbidden, so the settings are attributes and a style sheet. */
function adaptPage(html: string, { webTitle, webAccent, signUp, guests }: PageSettings): string {
  const title = webTitle.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const styles = webAccent === null ? '' : '<link rel="stylesheet" href="/accent.css">';
  return (
    html
      .replace('data-title="Smart Chat"', () => `data-title="${title}"`)
      .replace('data-sign-up="on"', `data-sign-up="${signUp ? 'on' : 'off'}"`)
      .replace('data-guests="off"', `data-guests="${guests ? 'on' : 'off'}"`)
      .replace('Smart Chat</title>', () => `${title}</title>`)
      // Before the first script, which changes the style sheets.
      .replace('<script', `${styles}<script`)
  );
}

/** Without the chat page, the reference has no link to it. */
function adaptReference(html: string, { webClient }: PageSettings): string {
  return webClient ? html : html.replace(/<a class="to-chat".*?<\/a>/, '');
}

interface Representations {
  etag: string;
  /** By content coding. */
  bodies: ReadonlyMap<string, Buffer>;
}

/** Serves a text that never changes. It is built at the first request. Caches must revalidate it. */
export function serveText(mediaType: string, buildText: () => string): RequestHandler {
  let built: Representations | undefined;
  return (request, response) => {
    built ??= compressed(buildText());
    sendText(request, response, mediaType, built);
  };
}

/** A server has few origins. For more than these, a text is built for each request, and not compressed. */
const MAX_ORIGINS = 16;

/**
 * Serves a text that contains the origin of this server. A client can make up its `Host`, but not what a cache gives to others: caches
 * must revalidate it, and its ETag depends on the origin.
 */
export function serveTextWithOrigin(
  mediaType: string,
  buildText: (origin: string) => string,
): RequestHandler {
  const built = new Map<string, Representations>();
  return (request, response) => {
    const origin = requestOrigin(request);
    if (built.size < MAX_ORIGINS && !built.has(origin)) built.set(origin, compressed(buildText(origin)));
    const text = built.get(origin) ?? uncompressed(buildText(origin));
    sendText(request, response, mediaType, text);
  };
}

function sendText(
  request: Request,
  response: Response,
  mediaType: string,
  { etag, bodies }: Representations,
): void {
  const coding = acceptedCoding(request);
  const body = coding && bodies.get(coding);
  if (body) response.set('Content-Encoding', coding);
  response.vary('Accept-Encoding');
  response.set({ 'Cache-Control': REVALIDATE, ETag: etag });
  response.type(mediaType).send(body || bodies.get('identity'));
}

function compressed(text: string): Representations {
  const { etag, bodies } = uncompressed(text);
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  return {
    etag,
    bodies: new Map([...bodies, ['gzip', gzipSync(text)], ['br', brotliCompressSync(text, { params })]]),
  };
}

function uncompressed(text: string): Representations {
  const body = Buffer.from(text);
  const hash = createHash('sha256').update(body).digest('base64url');
  // Weak, because all codings share it.
  return { etag: `W/"${hash}"`, bodies: new Map([['identity', body]]) };
}

function acceptedCoding(request: Request): (typeof CODINGS)[number] | undefined {
  return CODINGS.find((name) => request.acceptsEncodings(name) === name);
}
