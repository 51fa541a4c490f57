import { type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import type { StaticController } from '../controllers/staticController';

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
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
});

/** Pages of any origin may import the module. */
const allowAnyOrigin: RequestHandler = (_request, response, next) => {
  response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' });
  next();
};

/** The chat page, its assets, and the client library as one module for pages without a build step. */
export function createPageRoutes(files: StaticController): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/', pagePolicy, files.file('/index.html'));
  router.get('/client.js', allowAnyOrigin, files.file('/client.js'));
  router.get('/assets/:name', files.asset);
  return router;
}
