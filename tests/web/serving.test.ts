import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { builtPage } from '../support/serverBuild';
import { startTestServer, type TestServer } from '../support/testServer';
import { startPageServer } from './pageServer';

let server: TestServer;
let assets: string[];

beforeAll(async () => {
  server = await startPageServer();
  const { text } = await request(server.url).get('/').expect(200);
  assets = Array.from(text.matchAll(/"(\/assets\/[^"]+)"/g), ([, path = '']) => path);
});

test('the page is at /, and caches revalidate it before each use', async () => {
  const { headers, text } = await request(server.url).get('/').expect(200);
  expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  expect(text).toContain('<title>Smart Chat</title>');
  await request(server.url).get('/').set({ 'If-None-Match': headers.etag }).expect(304);
});

test('it may load and run only what this server serves', async () => {
  const { headers } = await request(server.url).get('/');
  expect(headers['content-security-policy']?.split(';').sort()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "manifest-src 'self'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "style-src 'self'",
    "trusted-types 'none'",
  ]);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
});

test('nothing in it is inline or from another host', async () => {
  const { text } = await request(server.url).get('/');
  expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|https?:|"\/\//);
  expect(text.match(/<script[^>]*>[^<]*/g)).toEqual([
    expect.stringMatching(/^<script src="\/assets\/early-[^"]+">$/),
    expect.stringMatching(/^<script type="module" src="[^"]+">$/),
  ]);
});

test('its script, style and icon have a hash in their names, and caches keep them forever', async () => {
  expect(assets.map((path) => path.replace(/-[A-Z0-9]{8}\./, '-HASH.'))).toEqual([
    '/assets/icon-HASH.svg',
    '/assets/main-HASH.css',
    '/assets/early-HASH.js',
    '/assets/main-HASH.js',
    '/assets/chunk-HASH.js',
    '/assets/chunk-HASH.js',
  ]);
  for (const path of [
    ...assets,
    await laterProgram('markdown'),
    await laterProgram('allDialogs'),
    `${assets[0]}?v[]=1`,
  ]) {
    const { headers } = await request(server.url).get(path).expect(200);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg\+xml); charset=utf-8$/);
    await request(server.url).get(path).set({ 'If-None-Match': headers.etag }).expect(304);
  }
});

test.each(['/assets/main-ANOTHER1.js', '/assets/main.js'])(
  'an asset of another version is missing, and that is not cached: %s',
  async (path) => {
    const { headers } = await request(server.url).get(path).expect(404);
    expect(headers).not.toHaveProperty('cache-control');
  },
);

test.each(['br', 'gzip', 'identity'])('it is sent as %s to clients that accept it', async (encoding) => {
  const { headers, text } = await request(server.url).get('/').set('Accept-Encoding', encoding).expect(200);
  expect(headers['content-encoding'] ?? 'identity').toBe(encoding);
  expect(headers.vary).toContain('Accept-Encoding');
  expect(text).toContain('<div id="app"></div>');
});

test.each([
  ['gzip, deflate, br', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['gzip;q=0, br;q=0', undefined],
  ['abroad', undefined],
  ['*', 'br'],
])('"Accept-Encoding: %s" gets %s', async (accepted, encoding) => {
  for (const path of ['/', '/docs', ...assets]) {
    const { headers } = await request(server.url).head(path).set('Accept-Encoding', accepted).expect(200);
    expect(headers['content-encoding']).toBe(encoding);
  }
});

test('caches distinguish encodings and origins', async () => {
  const { headers } = await request(server.url)
    .get('/docs')
    .set('Origin', 'http://localhost:3000')
    .expect(200);
  expect(headers.vary).toBe('Origin, Accept-Encoding');
});

test.each(['bytes=0-99', 'bytes=99999999-', 'bytes=5-2', 'bytes=-1', 'x'])(
  'ranges are ignored: %s',
  async (range) => {
    const whole = await request(server.url).get('/client.js').expect(200);
    const { text } = await request(server.url).get('/client.js').set('Range', range).expect(200);
    expect(text).toBe(whole.text);
  },
);

test('all that the page loads at first is below 55 KB, compressed with gzip', async () => {
  const sizes = await Promise.all(['/', ...assets].map((path) => sizeOf(path)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(10_000);
  expect(total).toBeLessThan(55 * 1024);
});

test('the chat and its dialogs are loaded after that', async () => {
  for (const name of ['Chat', 'allDialogs']) expect(assets).not.toContain(await laterProgram(name));
});

test('the program that parses Markdown is one file below 30 KB, compressed with gzip', async () => {
  const size = await sizeOf(await laterProgram('markdown'));
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThan(30 * 1024);
});

test('the page can be installed: its manifest names icons that exist', async () => {
  const { text } = await request(server.url).get('/').expect(200);
  expect(text).toContain('<link rel="manifest" href="/manifest.webmanifest">');
  const { headers, body } = await request(server.url).get('/manifest.webmanifest').expect(200);
  expect(headers).toMatchObject({
    'content-type': 'application/manifest+json; charset=utf-8',
    'cache-control': 'no-cache',
  });
  expect(body).toMatchObject({ name: 'Smart Chat', start_url: '/', scope: '/', display: 'standalone' });
  const icons: { src: string; type: string; sizes: string; purpose?: string }[] = body.icons;
  for (const { src, type, sizes } of icons) {
    const icon = await request(server.url).get(src).responseType('blob').expect(200);
    expect(icon.headers['content-type']).toMatch(new RegExp(`^${type.replace('+', '.')}`));
    expect(icon.headers['cache-control']).toContain('immutable');
    if (type === 'image/png') expect(`${pngWidth(icon.body)}x${pngWidth(icon.body)}`).toBe(sizes);
  }
  expect(icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
  expect(icons.filter(({ purpose }) => purpose === 'maskable')).toHaveLength(1);
  const apple = await request(server.url).get('/apple-touch-icon.png').responseType('blob').expect(200);
  expect(pngWidth(apple.body)).toBe(180);
});

function pngWidth(image: Buffer): number {
  expect(image.subarray(1, 4).toString()).toBe('PNG');
  return image.readUInt32BE(16);
}

test('the client library is one module for pages of any origin', async () => {
  const { headers, text } = await request(server.url)
    .get('/client.js')
    .set('Origin', 'https://somebody.example')
    .expect(200);
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'no-cache',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  });
  expect(text).toMatch(/export\{[^}]*createChatClient/);
  expect(text).not.toMatch(/\bfrom\s*"|\bimport\s*[("]/);
});

test.each([
  ['GET', '/index.html'],
  ['GET', '/main.js'],
  ['GET', '/assets/'],
  ['GET', '/index.html.br'],
  ['GET', '/index'],
  ['GET', '/client'],
  ['GET', '/client.js/'],
  ['GET', '/client.js.gz'],
  ['GET', '/assets/index.html'],
  ['GET', '/assets/other.js'],
  ['GET', '/assets/..%2f..%2fpackage.json'],
  ['GET', '/assets/constructor'],
  ['GET', '/chat'],
  ['GET', '/CLIENT.JS'],
  ['POST', '/'],
])('everything else is a problem: %s %s', async (method, path) => {
  const response = await fetch(server.url + path, { method });
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
});

describe('a browser at an unknown address', () => {
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

  test.each([
    '/chat',
    '/index.html',
    '/assets/main-ANOTHER1.js',
    '/docs/missing',
    '/apis',
    '/socket.ios',
    '/a/b?c=<script>',
  ])('gets a page with a link to the chat: %s', async (path) => {
    const { headers, text } = await request(server.url).get(path).set('Accept', BROWSER).expect(404);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
    expect(headers.vary).toContain('Accept,');
    expect(text).toContain('<h1>Page not found</h1>');
    expect(text).toContain('href="/"');
    expect(text).toContain('<title>Page not found · Smart Chat</title>');
    expect(text).toMatch(/href="\/assets\/main-[A-Z0-9]{8}\.css"/);
    expect(text).not.toMatch(/<style|<script(?! src="\/assets\/)|\sstyle=|\son\w+=|https?:|"\/\//);
    expect(headers['content-security-policy']).toBe(await policyOf('/'));
  });

  test.each([
    ['GET', '/api/missing', BROWSER],
    ['GET', '/API', BROWSER],
    ['GET', '/socket.io/missing', BROWSER],
    ['POST', '/chat', BROWSER],
    ['GET', '/chat', '*/*'],
    ['GET', '/chat', 'application/json'],
    ['GET', '/chat', 'application/json, text/html;q=0.5'],
    ['GET', '/chat', 'text/html;q=0, */*'],
    ['GET', '/chat', 'text/css'],
  ])('does not change %s %s with "Accept: %s"', async (method, path, accept) => {
    const response = await fetch(server.url + path, { method, headers: { Accept: accept } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get('content-type')).toMatch(/json/);
    expect(response.headers.get('content-security-policy') ?? '').not.toBe(await policyOf('/'));
  });

  test('gets a problem if the page is off', async () => {
    const off = await startTestServer({ config: { webClient: false } });
    const { body } = await request(off.url).get('/chat').set('Accept', BROWSER).expect(404);
    expect(body).toMatchObject({ code: 'NOT_FOUND' });
  });
});

async function policyOf(path: string): Promise<string | undefined> {
  return (await request(server.url).get(path)).headers['content-security-policy'];
}

test.each([
  '/assets/../../../package.json',
  '/assets/../index.html',
  '/docs/../../server.js',
  '/../server.js',
  '//server.js',
  '/assets//../../server.js',
  '/assets/..%2f..%2f..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/%2e%2e/package.json',
  '/assets/%2e%2e%2f%2e%2e%2fserver.js',
  '/assets/%252e%252e%252f%252e%252e%252fserver.js',
  '/assets/..%5c..%5cserver.js',
  '/assets/..%2findex.html',
  '/assets/..%2fdocs%2findex.html',
  `/assets/${encodeURIComponent(builtPage())}%2findex.html`,
  '/assets/%00',
  '/assets/main.js%00.css',
  '/assets/%',
  '/assets/%c0%ae%c0%ae%2fserver.js',
])('no other file can be read: %s', async (path) => {
  const { status, type } = await rawGet(path);
  expect([400, 404]).toContain(status);
  expect(type).toMatch(/^application\/problem\+json/);
});

test('an asset can be read the same way, but not its compressed files', async () => {
  expect(await rawGet(assets[0] ?? '')).toMatchObject({ status: 200 });
  for (const extension of ['br', 'gz']) {
    expect(await rawGet(`${assets[0]}.${extension}`)).toMatchObject({ status: 404 });
  }
});

test('HEAD responds like GET, without the body', async () => {
  const { headers, text } = await request(server.url)
    .head('/')
    .set('Accept-Encoding', 'identity')
    .expect(200);
  expect(Number(headers['content-length'])).toBeGreaterThan(500);
  expect(text).toBeUndefined();
});

test('the API keeps its own policy', async () => {
  const { headers } = await request(server.url).get('/api/auth/me').expect(401);
  expect(headers['content-security-policy']).toContain("default-src 'self'");
});

describe('a page with the settings of its operator', () => {
  const config = { webTitle: `"Ada" & <Söhne> $&`, webAccent: '#7a1f5c', signUp: false, guests: true };
  let adapted: TestServer;
  beforeAll(async () => {
    adapted = await startPageServer([], undefined, config);
  });

  test('has them in its HTML, escaped', async () => {
    const { text, headers } = await request(adapted.url).get('/').expect(200);
    const title = '&#34;Ada&#34; &#38; &#60;Söhne&#62; $&#38;';
    expect(text).toContain(`<html lang="en" data-title="${title}" data-sign-up="off" data-guests="on">`);
    expect(text).toContain(`<title>${title}</title>`);
    expect(text).not.toMatch(/<style|\sstyle=/);
    expect(headers['cache-control']).toBe('no-cache');
    await request(adapted.url).get('/').set({ 'If-None-Match': headers.etag }).expect(304);
  });

  test('has its name in the manifest', async () => {
    const { body } = await request(adapted.url).get('/manifest.webmanifest').expect(200);
    expect(body).toMatchObject({ name: config.webTitle, short_name: config.webTitle });
  });

  test('loads the style sheet of its color', async () => {
    const { text } = await request(adapted.url).get('/');
    expect(text.indexOf('/accent.css')).toBeGreaterThan(text.indexOf('/assets/main'));
    const styles = await request(adapted.url).get('/accent.css').expect(200);
    expect(styles.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(styles.text).toContain('--accent:#7a1f5c;');
    await request(server.url).get('/accent.css').expect(404);
  });
});

describe('WEB_CLIENT=off', () => {
  test('removes the page and the client library, and keeps the reference', async () => {
    const off = await startTestServer({ config: { webClient: false } });
    for (const path of [
      '/',
      '/client.js',
      '/chat-client.global.js',
      '/manifest.webmanifest',
      '/apple-touch-icon.png',
      ...assets,
    ]) {
      const { body } = await request(off.url).get(path).expect(404);
      expect(body).toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const path of ['/docs', '/docs/style.css', '/docs/script.js'])
      await request(off.url).get(path).expect(200);
    expect((await request(server.url).get('/docs')).text).toContain('href="/"');
    expect((await request(off.url).get('/docs')).text).not.toContain('href="/"');
  });

  test('starts without a build. Then the reference is missing, and the documents are not', async () => {
    const config = { webClient: false };
    const off = await startTestServer({ config, parts: { pageDirectory: '/not/built' } });
    await request(off.url).get('/docs').expect(404);
    await request(off.url).get('/api/openapi.json').expect(200);
  });
});

/** The path of a program that is loaded later. */
async function laterProgram(name: string): Promise<string> {
  const found = (await allPrograms()).filter((path) => path.startsWith(`/assets/${name}-`));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

/** The paths of the programs that the page loads at first, and of all that they name. */
async function allPrograms(): Promise<string[]> {
  const found = new Set(assets.filter((path) => path.endsWith('.js')));
  for (const path of found) {
    const { text } = await request(server.url).get(path).expect(200);
    for (const [, name] of text.matchAll(/"\.\/([\w-]+-[A-Z0-9]{8}\.js)"/g)) found.add(`/assets/${name}`);
  }
  return [...found];
}

async function sizeOf(path: string): Promise<number> {
  const { headers } = await request(server.url).head(path).set('Accept-Encoding', 'gzip').expect(200);
  expect(headers['content-encoding']).toBe('gzip');
  return Number(headers['content-length']);
}

/** A request for exactly this path: other clients resolve it first. */
async function rawGet(path: string): Promise<{ status: number; type: string }> {
  const { hostname, port } = new URL(server.url);
  const [response]: IncomingMessage[] = await once(get({ hostname, port, path }), 'response');
  response?.resume();
  return { status: response?.statusCode ?? 0, type: response?.headers['content-type'] ?? '' };
}
