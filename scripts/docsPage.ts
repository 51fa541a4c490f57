/** Writes the HTML of the API reference to stdout. The build of the web files bundles and runs this program. */
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { buildAsyncApi } from '../src/apiDocs/asyncApi';
import { buildOpenApi } from '../src/apiDocs/openApi';
import { DocsPage } from '../web/docs/DocsPage';

const page = h(DocsPage, {
  openApi: buildOpenApi(),
  asyncApi: buildAsyncApi(),
  styleSheet: '/docs/style.css',
  script: '/docs/script.js',
});
process.stdout.write(`<!doctype html>\n${renderToString(page)}\n`);
