import { type RequestHandler, type Response, Router } from 'express';
import helmet from 'helmet';
import type { PageFile, PageFiles } from '../utils/pageFiles';

/** What is asked for by its version stays the same for as long as anybody keeps it. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** Kept, but asked about before each use. */
const ASK_FIRST = 'no-cache';

/**
 * The page may run and show what this server serves, and nothing else: no inline script or style, no other host, no HTML made
 * of strings. The server speaks plain HTTP and may be used so in a local network: `upgrade-insecure-requests` would break that.
 */
const pagePolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
});

/** The chat page at `/`, its assets, and the client library at `/client.js` for pages of any origin. */
export function createPageRoutes({ html, client, assets }: PageFiles): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/', pagePolicy, answerWith(html));
  router.get('/client.js', openToAll, answerWith(client));
  router.get('/assets/:name', (request, response, next) => {
    const asset = assets.get(request.params.name);
    if (asset) answerWith(asset)(request, response, next);
    else next();
  });
  return router;
}

/** Anybody's page may import it, so that none needs a build step. */
const openToAll: RequestHandler = (_request, response, next) => {
  response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' });
  next();
};

function answerWith(file: PageFile): RequestHandler {
  return (request, response) => {
    const encoding = request.acceptsEncodings('br', 'gzip');
    response.set({
      'Content-Type': file.type,
      'Cache-Control': request.query.v === file.hash ? FOR_GOOD : ASK_FIRST,
    });
    response.vary('Accept-Encoding');
    if (encoding === 'br' || encoding === 'gzip') {
      response.set('Content-Encoding', encoding);
      return send(response, file.compressed[encoding], `${file.hash}-${encoding}`);
    }
    send(response, file.body, file.hash);
  };
}

function send(response: Response, body: Buffer, tag: string): void {
  response.set('ETag', `"${tag}"`).send(body);
}
