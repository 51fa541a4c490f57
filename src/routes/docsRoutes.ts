import { Router } from 'express';
import { buildAsyncApi } from '../apiDocs/events/asyncApi';
import { renderPage } from '../apiDocs/page/page';
import { STYLE_SHEET } from '../apiDocs/page/styleSheet';
import { buildOpenApi } from '../apiDocs/rest/openApi';
import { publish } from '../controllers/publicationController';

const STYLE_SHEET_PATH = '/docs/style.css';

/** The page is text and a style sheet: whatever else might get into it does nothing. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** What describes the server to developers and to tools; public. */
export function createDocsRoutes(): Router {
  const router = Router();
  /** → 200 OpenAPI 3.1 */
  router.get(
    '/api/openapi.json',
    publish('application/json', () => JSON.stringify(buildOpenApi())),
  );
  /** → 200 AsyncAPI 3.0 */
  router.get(
    '/api/asyncapi.json',
    publish('application/json', () => JSON.stringify(buildAsyncApi())),
  );
  /** → 200 both as a page */
  router.get(
    '/docs',
    publish('text/html', () => renderPage(buildOpenApi(), buildAsyncApi(), STYLE_SHEET_PATH), PAGE_HEADERS),
  );
  router.get(
    STYLE_SHEET_PATH,
    publish('text/css', () => STYLE_SHEET),
  );
  return router;
}
