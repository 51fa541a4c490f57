import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { PageFiles } from '../utils/pageFiles';

const REVALIDATE = 'no-cache';
const FOREVER = 'public, max-age=31536000, immutable';

/** The content codings of the built files, by preference, with the extension of each. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** By the extension of the uncompressed file. */
const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

export interface StaticController {
  /** Serves the file at this path. Caches must revalidate it. */
  file(path: string): RequestHandler;
  /** Serves the file in `/assets` that the `name` parameter names. Its name contains a hash, so caches keep it forever. */
  asset: RequestHandler;
}

/** Serves the built files. Only files that existed at the start of the server can be requested. */
export function createStaticController({ directory, etags }: PageFiles): StaticController {
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
    const [coding, extension = ''] = CODINGS.find(([name]) => request.acceptsEncodings(name) === name) ?? [];
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
    file: (path) => (request, response, next) => send(path, REVALIDATE, request, response, next),
    asset: (request, response, next) =>
      send(`/assets/${request.params.name}`, FOREVER, request, response, next),
  };
}

interface Representations {
  plain: Buffer;
  gzip: Buffer;
  etag: string;
}

/** Serves a text that never changes. It is built at the first request. Caches must revalidate it. */
export function serveText(mediaType: string, buildText: () => string): RequestHandler {
  let built: Representations | undefined;
  return (request, response) => {
    built ??= representationsOf(buildText());
    const isCompressed = request.acceptsEncodings('gzip', 'identity') === 'gzip';
    if (isCompressed) response.set('Content-Encoding', 'gzip');
    response.vary('Accept-Encoding');
    response.set({ 'Cache-Control': REVALIDATE, ETag: built.etag });
    response.type(mediaType).send(isCompressed ? built.gzip : built.plain);
  };
}

function representationsOf(text: string): Representations {
  const plain = Buffer.from(text);
  const hash = createHash('sha256').update(plain).digest('base64url');
  // Weak, because both encodings share it.
  return { plain, gzip: gzipSync(plain), etag: `W/"${hash}"` };
}
