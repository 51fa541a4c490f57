import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';

/** A text that is the same for everybody, as long as the process lives. */
interface Publication {
  plain: Buffer;
  gzip: Buffer;
  etag: string;
}

/** Answers with a text that is made at the first request, packed where the client takes that. `headers` are its own. */
export function publish(
  mediaType: string,
  makeText: () => string,
  headers: Readonly<Record<string, string>> = {},
): RequestHandler {
  let made: Publication | undefined;
  return (request, response) => {
    made ??= publicationOf(makeText());
    const isPacked = request.acceptsEncodings('gzip', 'identity') === 'gzip';
    if (isPacked) response.set('Content-Encoding', 'gzip');
    response.vary('Accept-Encoding');
    response.set({ 'Cache-Control': 'no-cache', ETag: made.etag, ...headers });
    response.type(mediaType).send(isPacked ? made.gzip : made.plain);
  };
}

function publicationOf(text: string): Publication {
  const plain = Buffer.from(text);
  const hash = createHash('sha256').update(plain).digest('base64url');
  // Weak: it names the text, in either form.
  return { plain, gzip: gzipSync(plain), etag: `W/"${hash}"` };
}
