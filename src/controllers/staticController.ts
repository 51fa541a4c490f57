import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import sirv from 'sirv';
import type { PageFiles } from '../utils/pageFiles';

const REVALIDATE = 'no-cache';
const FOREVER = 'public, max-age=31536000, immutable';

/** The content codings of the built files, by preference, with the extension of each. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** sirv sends these types without a charset. */
const TEXT_TYPES: Record<string, string> = {
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
  const sendFromDisk = sirv(directory);

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
    response.set({ 'Cache-Control': caching, ETag: etag });
    response.vary('Accept-Encoding');
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    const type = TEXT_TYPES[extname(path)];
    if (type !== undefined) response.set('Content-Type', type);
    const [, extension = ''] = CODINGS.find(([coding]) => request.acceptsEncodings(coding) === coding) ?? [];
    request.url = path + extension;
    // sirv fails on an invalid range. A server may ignore all of them.
    delete request.headers.range;
    response.once('pipe', (source: Readable) => {
      // sirv handles neither of these: an error would end the process, and an aborted download would leak its file.
      source.once('error', next);
      response.once('close', () => source.destroy());
    });
    sendFromDisk(request, response, next);
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
