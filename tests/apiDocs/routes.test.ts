import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import request from '../support/documents/request';
import { openApi } from '../support/documents/validation';
import { startPageServer } from '../web/pageServer';

/** What pages are made of: for browsers, not for developers. */
const PARTS_OF_PAGES = ['get /docs/style.css', 'get /', 'get /assets/{name}', 'get /client.js'];

/** What Express keeps of a router. */
interface Layer {
  path: string;
  methods: readonly string[];
  layers: readonly Layer[];
}

test('every route of the app is documented, and every documented one is a route', async () => {
  const routes = routesIn(await appOf((await startPageServer()).url));
  const documented = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  expect(routes.filter((route) => !PARTS_OF_PAGES.includes(route)).sort()).toEqual(documented.sort());
});

/** The Express app of a server, which each of its requests knows. */
async function appOf(url: string): Promise<unknown> {
  let app: unknown;
  const channel = 'http.server.request.start';
  const look = (message: unknown) => {
    const incoming = propertyOf(message, 'request');
    // Express gives a request its app as it takes it.
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
