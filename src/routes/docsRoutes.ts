import { type RequestHandler, Router } from 'express';
import { buildAsyncApi } from '../apiDocs/asyncApi';
import { buildOpenApi } from '../apiDocs/openApi';
import { type StaticController, serveText, serveTextWithOrigin } from '../controllers/staticController';

/** The reference is text and a style sheet. Nothing else may load or run. */
const referencePolicy: RequestHandler = (_request, response, next) => {
  response.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
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
  return router;
}
