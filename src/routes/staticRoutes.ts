import { type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import { buildAsyncApi } from '../apiDocs/asyncApi';
import { buildOpenApi } from '../apiDocs/openApi';
import { type StaticController, serveText, serveTextWithOrigin } from '../controllers/staticController';

/**
 * The page may load and run only what this server serves: no inline script or style, no other host, no HTML made from
 * strings. `upgrade-insecure-requests` is left out because it breaks plain HTTP in a local network.
 */
const pagePolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
});

/** Pages of any origin may read the response. */
export const allowAnyOrigin: RequestHandler = (_request, response, next) => {
  response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' });
  next();
};

/** Everything that is not the API. There, also a browser gets a problem. */
const OUTSIDE_API = /^(?!\/(?:api|socket\.io)(?:\/|$))/i;

/** Skips the route unless the client prefers HTML to JSON, as a browser does when a user opens an address. */
const onlyForBrowsers: RequestHandler = (request, response, next) => {
  response.vary('Accept');
  next(request.accepts('json', 'html') === 'html' ? undefined : 'route');
};

/**
 * The chat page, its assets, and the client library: as one module and as a script for pages without a build step, and as a package that
 * npm installs. A browser at any other address gets a page with a link to the chat.
 */
export function createPageRoutes(files: StaticController): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/', pagePolicy, files.page);
  router.get('/accent.css', files.accent);
  router.get('/manifest.webmanifest', files.manifest);
  router.get('/apple-touch-icon.png', files.file('/apple-touch-icon.png'));
  router.get('/client.js', allowAnyOrigin, files.file('/client.js'));
  router.get('/chat-client.global.js', allowAnyOrigin, files.file('/chat-client.global.js'));
  router.get('/smart-chat-client.tgz', files.file('/smart-chat-client.tgz'));
  router.get('/assets/:name', files.asset);
  router.get(OUTSIDE_API, onlyForBrowsers, pagePolicy, files.notFound);
  return router;
}

/** The reference is text, a style sheet and a script. Nothing else may load or run. */
const referencePolicy: RequestHandler = (_request, response, next) => {
  response.set(
    'Content-Security-Policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  );
  next();
};

/** The API documents, public. The reference is missing if the files are not built. */
export function createDocsRoutes(files: StaticController | null): Router {
  const router = Router();
  /** → 200 OpenAPI 3.1 */
  router.get(
    '/api/openapi.json',
    serveText('application/json', () => JSON.stringify(buildOpenApi())),
  );
  /** → 200 AsyncAPI 3.0 */
  router.get(
    '/api/asyncapi.json',
    serveTextWithOrigin('application/json', (origin) => JSON.stringify(buildAsyncApi(origin))),
  );
  if (!files) return router;
  /** → 200 both documents as one page */
  router.get('/docs', referencePolicy, files.reference);
  router.get('/docs/style.css', files.file('/docs/style.css'));
  router.get('/docs/script.js', files.file('/docs/script.js'));
  router.get('/docs/postman.json', allowAnyOrigin, files.postman);
  router.get('/llms.txt', allowAnyOrigin, files.llms);
  return router;
}
