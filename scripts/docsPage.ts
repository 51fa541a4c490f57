/** Writes the HTML of the API reference to stdout. The build of the web files bundles this program and runs it in the root folder. */
import { resolve } from 'node:path';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { buildAsyncApi } from '../src/apiDocs/asyncApi';
import { buildOpenApi } from '../src/apiDocs/openApi';
import { DocsPage } from '../web/docs/DocsPage';
import { readClientReference } from './clientReference';

const page = h(DocsPage, {
  openApi: buildOpenApi(),
  asyncApi: buildAsyncApi(),
  client: readClientReference(resolve('client/src/index.ts')),
  styleSheet: '/docs/style.css',
  script: '/docs/script.js',
});
process.stdout.write(`<!doctype html>\n${renderToString(page)}\n`);
