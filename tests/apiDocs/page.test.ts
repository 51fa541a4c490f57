import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildAsyncApi } from '../../src/apiDocs/asyncApi';
import { ERROR_CATALOGUE } from '../../src/domain/errors';
import request from '../support/documents/request';
import { asyncApi, openApi } from '../support/documents/validation';
import { startTestServer, type TestServer } from '../support/testServer';

let server: TestServer;
let page: string;
beforeAll(async () => {
  server = await startTestServer();
  page = (await request(server.url).get('/docs').expect(200)).text;
});

const attributes = (name: string) =>
  Array.from(page.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g')), ([, value]) => value ?? '');

test('it contains every route, event, code and schema of the documents', () => {
  const routes = Object.values(openApi.paths).flatMap((item) => Object.values(item));
  const shapes = [...Object.keys(openApi.components.schemas), ...Object.keys(asyncApi.components.schemas)];
  const ids = attributes('id');
  expect(ids).toEqual(expect.arrayContaining(routes.map(({ operationId }) => operationId)));
  expect(ids).toEqual(expect.arrayContaining(Object.keys(asyncApi.operations)));
  expect(ids).toEqual(expect.arrayContaining(Object.keys(ERROR_CATALOGUE).map((code) => `error-${code}`)));
  expect(ids).toEqual(expect.arrayContaining(shapes.map((name) => `shape-${name}`)));
});

test('it describes every export of the client library', () => {
  const source = readFileSync(resolve(__dirname, '../../client/src/index.ts'), 'utf8').replaceAll(
    /\/\*.*?\*\//gs,
    '',
  );
  const names = Array.from(source.matchAll(/\b(\w+)(?=,| \}|,?\n\} from)/g), ([, name]) => name);
  expect(names.length).toBeGreaterThan(25);
  const described = Array.from(
    page.matchAll(/id="client-(\w+)".*?<\/h3><p>(.*?)<\/p>/gs),
    ([, name]) => name,
  );
  expect(described.sort()).toEqual(names.sort());
  expect(page).toContain('sessions.list(page?: ');
  expect(page).toContain(`<a href="#client-Session">Session</a>`);
});

test('it is light', async () => {
  const sizes = await Promise.all(
    ['/docs', '/docs/style.css', '/docs/script.js'].map(async (path) => {
      const { headers } = await request(server.url).get(path).set('Accept-Encoding', 'gzip').expect(200);
      return Number(headers['content-length']);
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(45_000);
});

test('its links resolve, and stay on this server', async () => {
  const ids = attributes('id');
  expect(new Set(ids).size).toBe(ids.length);
  const links = [...new Set([...attributes('href'), ...attributes('src')])];
  const outside = links.filter((link) => !/^(#|\/(?!\/)|data:,$)/.test(link));
  expect(outside).toEqual([]);
  expect(links.filter((link) => link.startsWith('#') && !ids.includes(link.slice(1)))).toEqual([]);
  const paths = links.filter((link) => link.startsWith('/'));
  expect(paths).toEqual(
    expect.arrayContaining(['/api/openapi.json', '/api/asyncapi.json', '/docs/style.css', '/docs/script.js']),
  );
  for (const path of paths) await request(server.url).get(path).expect(200);
});

test('it contains no inline scripts, and its policy allows none', async () => {
  expect(page).not.toMatch(
    /<script(?! src="\/docs\/script.js" defer><\/script>)|<style|<iframe|\sstyle=|\son\w+=/i,
  );
  const policy = (await request(server.url).get('/docs')).get('Content-Security-Policy');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test('its markup is well formed', () => {
  const open: string[] = [];
  for (const [, end, tag = ''] of page.matchAll(/<(\/?)([a-z]+[1-6]?)\b[^>]*>/g)) {
    if (['meta', 'link', 'input'].includes(tag)) continue;
    if (end === '') open.push(tag);
    else expect(open.pop()).toBe(tag);
  }
  expect(open).toEqual([]);
});

test('text is escaped', () => {
  expect(page).toContain('&lt;token>');
  expect(page).toContain('{&quot;id&quot;:');
});

test.each(['/docs', '/docs/', '/DOCS'])('the reference is at %s', async (path) => {
  const { text } = await request(server.url).get(path).expect(200);
  expect(text).toBe(page);
});

test.each(['/docs/index.html', '/docs/index.html.br', '/docs/style.css.gz', '/docs/..%2findex.html'])(
  'there is nothing at %s',
  async (path) => {
    const { body } = await request(server.url).get(path).expect(404);
    expect(body).toMatchObject({ code: 'NOT_FOUND' });
  },
);

describe.each([
  ['/docs', 'text/html'],
  ['/docs/style.css', 'text/css'],
  ['/api/openapi.json', 'application/json'],
  ['/api/asyncapi.json', 'application/json'],
])('%s', (path, type) => {
  test('is the same compressed and uncompressed', async () => {
    const compressed = await request(server.url).get(path).set('Accept-Encoding', 'gzip').expect(200);
    const plain = await request(server.url).get(path).set('Accept-Encoding', 'identity').expect(200);
    expect(compressed.get('Content-Encoding')).toBe('gzip');
    expect(plain.get('Content-Encoding')).toBeUndefined();
    expect(compressed.text).toBe(plain.text);
    expect(plain.type).toBe(type);
    expect(Number(compressed.get('Content-Length'))).toBeLessThan(Number(plain.get('Content-Length')) / 2);
  });

  test('is not sent again if unchanged', async () => {
    const { headers } = await request(server.url).get(path).expect(200);
    expect(headers).toMatchObject({
      'cache-control': 'no-cache',
      vary: expect.stringContaining('Accept-Encoding'),
    });
    await request(server.url).get(path).set('If-None-Match', String(headers.etag)).expect(304);
    await request(server.url).get(path).set('If-None-Match', 'W/"other"').expect(200);
  });
});

test('the documents are served unchanged', async () => {
  const { body: routes } = await request(server.url).get('/api/openapi.json').expect(200);
  const { body: events } = await request(server.url).get('/api/asyncapi.json').expect(200);
  expect(routes).toEqual(JSON.parse(JSON.stringify(openApi)));
  expect(events).toEqual(JSON.parse(JSON.stringify(buildAsyncApi(server.url))));
});

describe('the origin of the server', () => {
  let behindProxy: TestServer;
  beforeAll(async () => {
    behindProxy = await startTestServer({ config: { trustProxy: 1 } });
  });

  /** The origins in the snippets of the page, and the host that the AsyncAPI document names. */
  async function originsAt(url: string, headers: Record<string, string> = {}) {
    const { text } = await request(url).get('/docs').set(headers).expect(200);
    const { body } = await request(url).get('/api/asyncapi.json').set(headers).expect(200);
    const snippets = Array.from(
      text.matchAll(/(?:curl<\/span>[^']*<span class="string">|io\(<span class="string">)'(\w+:\/\/[^/']+)/g),
      ([, origin]) => origin,
    );
    expect(snippets.length).toBeGreaterThan(15);
    return { snippets: [...new Set(snippets)], host: body.servers.chat.host, text };
  }

  test('is in all snippets and documents, whatever its port', async () => {
    const { snippets, host, text } = await originsAt(server.url);
    expect(snippets).toEqual([server.url]);
    expect(host).toBe(new URL(server.url).host);
    expect(text).not.toContain('localhost:3001');
  });

  test.each([
    ['chat.example.com', 'http://chat.example.com'],
    ['CHAT.example.com:80', 'http://chat.example.com'],
    ['chat_server:8080', 'http://chat_server:8080'],
    ['[::1]:3001', 'http://[::1]:3001'],
  ])('is the requested one: %s', async (host, origin) => {
    const seen = await originsAt(server.url, { Host: host });
    expect(seen).toMatchObject({ snippets: [origin], host: new URL(origin).host });
  });

  test.each(['a"><script>alert(1)</script>', "a'$(id)'", 'a b', 'a/b', 'a@b', 'a:b', 'a:99999', '[', '<'])(
    'is never what could be interpreted: %s',
    async (host) => {
      const { snippets, text } = await originsAt(server.url, { Host: host });
      expect(snippets).toEqual([`http://localhost:${new URL(server.url).port}`]);
      expect(text).not.toContain('<script>');
    },
  );

  test('is the one that a trusted proxy names, and only then', async () => {
    const named = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'chat.example.com' };
    expect((await originsAt(behindProxy.url, named)).snippets).toEqual(['https://chat.example.com']);
    expect((await originsAt(server.url, named)).snippets).toEqual([server.url]);
    const scheme = { ...named, 'X-Forwarded-Proto': 'javascript' };
    expect((await originsAt(behindProxy.url, scheme)).snippets).toEqual(['http://chat.example.com']);
  });

  test.each(['/docs', '/api/asyncapi.json'])('cannot be planted in a cache: %s', async (path) => {
    const planted = await request(server.url).get(path).set('Host', 'evil.example').expect(200);
    const etag = String(planted.headers.etag);
    expect(planted.headers['cache-control']).toBe('no-cache');
    const { text } = await request(server.url).get(path).set('If-None-Match', etag).expect(200);
    expect(text).not.toContain('evil.example');
  });

  test('is right for any number of made-up ones', async () => {
    for (let count = 0; count < 40; count++) {
      const { snippets } = await originsAt(server.url, { Host: `host-${count}.example` });
      expect(snippets).toEqual([`http://host-${count}.example`]);
    }
  });
});
