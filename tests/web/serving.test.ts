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

test('the page is at /, and is asked about before each use', async () => {
  const { headers, text } = await request(server.url).get('/').expect(200);
  expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  expect(text).toContain('<title>Smart Chat</title>');
  await request(server.url).get('/').set({ 'If-None-Match': headers.etag }).expect(304);
});

test('it may run and show what this server serves, and nothing else', async () => {
  const { headers } = await request(server.url).get('/');
  expect(headers['content-security-policy']?.split(';').sort()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "style-src 'self'",
    "trusted-types 'none'",
  ]);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
});

test('nothing in it is inline or of another host', async () => {
  const { text } = await request(server.url).get('/');
  expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|https?:|"\/\//);
  expect(text.match(/<script[^>]*>[^<]*/g)).toEqual([
    expect.stringMatching(/^<script type="module" src="[^"]+">$/),
  ]);
});

test('its script, style and icon carry the hash of their content, and may be kept for good', async () => {
  expect(assets.map((path) => path.replace(/\?v=[\w-]{16}$/, ''))).toEqual([
    '/assets/icon.svg',
    '/assets/main.css',
    '/assets/main.js',
  ]);
  for (const path of assets) {
    const { headers } = await request(server.url).get(path).expect(200);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg\+xml); charset=utf-8$/);
    await request(server.url).get(path).set({ 'If-None-Match': headers.etag }).expect(304);
  }
});

test('an asset by the hash of another version, or by none, is there but not kept', async () => {
  for (const path of ['/assets/main.js?v=anotherversion00', '/assets/main.js', '/assets/main.js?v[]=1']) {
    const { headers } = await request(server.url).get(path).expect(200);
    expect(headers['cache-control']).toBe('no-cache');
  }
});

test.each(['br', 'gzip', 'identity'])('it is sent as %s to whoever takes that', async (encoding) => {
  const { headers, text } = await request(server.url).get('/').set('Accept-Encoding', encoding).expect(200);
  expect(headers['content-encoding'] ?? 'identity').toBe(encoding);
  expect(headers.vary).toContain('Accept-Encoding');
  expect(text).toContain('<div id="app"></div>');
});

test('all of it together is below 60 KB, compressed with gzip', async () => {
  const sizes = await Promise.all(['/', ...assets].map((path) => sizeOf(path)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(10_000);
  expect(total).toBeLessThan(60 * 1024);
});

test('the client library is one module for the pages of any origin', async () => {
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
  ['GET', '/assets/index.html'],
  ['GET', '/assets/other.js'],
  ['GET', '/assets/..%2f..%2fpackage.json'],
  ['GET', '/assets/constructor'],
  ['GET', '/chat'],
  ['GET', '/CLIENT.JS'],
  ['POST', '/'],
])('everything else stays a problem: %s %s', async (method, path) => {
  const response = await fetch(server.url + path, { method });
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
});

test('HEAD answers as GET does, without the body', async () => {
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

test.each(['/', '/client.js', '/assets/main.js'])('WEB_CLIENT=off takes %s away', async (path) => {
  const off = await startTestServer({ config: { webClient: false }, parts: { pageDirectory: builtPage() } });
  const { body } = await request(off.url).get(path).expect(404);
  expect(body).toMatchObject({ code: 'NOT_FOUND' });
});

async function sizeOf(path: string): Promise<number> {
  const { headers } = await request(server.url).head(path).set('Accept-Encoding', 'gzip').expect(200);
  expect(headers['content-encoding']).toBe('gzip');
  return Number(headers['content-length']);
}
