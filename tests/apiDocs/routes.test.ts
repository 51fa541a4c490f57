import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import request from '../support/documents/request';
import { openApi } from '../support/documents/validation';
import { startPageServer } from '../web/pageServer';

/** The files of the pages, which are not part of the API. */
const PARTS_OF_PAGES = [
  'get /',
  'get /accent.css',
  'get /apple-touch-icon.png',
  'get /assets/{name}',
  'get /client.js',
  'get /chat-client.global.js',
  'get /docs/postman.json',
  'get /docs/script.js',
  'get /docs/style.css',
  'get /llms.txt',
  'get /manifest.webmanifest',
  'get /smart-chat-client.tgz',
  // Unknown addresses, for browsers.
  'get /^(?!\\/(?{api}|socket\\.io)(?:\\/|$))/i',
];

/** A layer of an Express router. */
interface Layer {
  path: string;
  methods: readonly string[];
  layers: readonly Layer[];
}

test('every route of the app is documented, and every documented route exists', async () => {
  const routes = routesIn(await appOf((await startPageServer()).url));
  const documented = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  expect(routes.filter((route) => !PARTS_OF_PAGES.includes(route)).sort()).toEqual(documented.sort());
});

/** The Express app of a server, found through one of its requests. */
async function appOf(url: string): Promise<unknown> {
  let app: unknown;
  const channel = 'http.server.request.start';
  const look = (message: unknown) => {
    const incoming = propertyOf(message, 'request');
    // Express sets the app of a request after this event.
    process.nextTick(() => {
      app ??= propertyOf(incoming, 'app');
    });
  };
  subscribe(channel, look);
  await request(url).get('/healthz').expect(200);
  unsubscribe(channel, look);
  return app;
}

function routesIn(app: unknown): string[] {
  return layersOf(propertyOf(app, 'router')).flatMap((layer) => routesOf(layer, ''));
}

function routesOf({ path, methods, layers }: Layer, prefix: string): string[] {
  const full = `${prefix}${path}`.replace(/(.)\/$/, '$1').replaceAll(/:(\w+)/g, '{$1}');
  return [
    ...methods.map((method) => `${method} ${full}`),
    ...layers.flatMap((layer) => routesOf(layer, path === '/' ? prefix : full)),
  ];
}

function layersOf(router: unknown): Layer[] {
  const stack = propertyOf(router, 'stack');
  return Array.isArray(stack) ? stack.map(layerOf) : [];
}

function layerOf(layer: unknown): Layer {
  const route = propertyOf(layer, 'route');
  const path = String(propertyOf(layer, 'rawPath'));
  if (route === undefined) return { path, methods: [], layers: layersOf(propertyOf(layer, 'handle')) };
  return { path, methods: Object.keys(Object(propertyOf(route, 'methods'))), layers: [] };
}

function propertyOf(value: unknown, name: string): unknown {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject ? Reflect.get(value, name) : undefined;
}
