import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { authorization, contentEncoding, contentType, strangeHeaders } from './headers';
import type { Body, HttpInput } from './input';
import { type Route, route } from './routes';
import { anyText, hostileValue, nearly } from './values';

/** A request of a known route with a body that is right or nearly so. */
export const routeInput: fc.Arbitrary<HttpInput> = route.chain((known) =>
  fc
    .record({
      body: known.body === undefined ? fc.constant(null) : nearly(known.body).map((json): Body => ({ json })),
      login: loginFor(known),
      strange: strangeHeaders,
      path: pathOf(known),
    })
    .map(
      ({ body, login, strange, path }): HttpInput => ({
        kind: 'route',
        method: known.method,
        path,
        headers: { ...login, ...strange },
        body,
      }),
    ),
);

/** A known route with a body that is no JSON, or is said to be something else. */
export const bodyInput: fc.Arbitrary<HttpInput> = fc
  .record({
    known: route,
    body: fc.oneof(
      brokenJson(),
      anyBytes(),
      fc.jsonValue({ maxDepth: 4 }).map((json): Body => ({ json })),
    ),
    header: fc.oneof(fc.constant({}), contentType, contentEncoding),
    strange: strangeHeaders,
  })
  .map(({ known, body, header, strange }) => ({
    kind: 'body',
    method: known.method === 'GET' ? 'POST' : known.method,
    path: known.path,
    headers: { Authorization: 'Bearer ~token~', ...header, ...strange },
    body,
  }));

/** What ends a login or hashes a password is asked for rightfully now and then only. */
function loginFor({ isCostly }: Route): fc.Arbitrary<Readonly<Record<string, string>>> {
  return authorization(isCostly ? 1 : 20);
}

function pathOf({ path }: Route): fc.Arbitrary<string> {
  if (!path.includes('~session~')) return fc.constant(path);
  const otherId = fc.constantFrom(
    '~victimSession~',
    '~otherSession~',
    '~uuid~',
    'x',
    '%00',
    '~long:300~',
    '%7B%7D',
  );
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(path) },
    { weight: 1, arbitrary: otherId.map((id) => path.replace('~session~', id)) },
  );
}

function brokenJson(): fc.Arbitrary<Body> {
  const cut = fc
    .tuple(hostileValue, fc.nat(60))
    .map(([value, length]) => JSON.stringify({ content: value, x: [value] }).slice(0, length));
  const given = fc.constantFrom(
    '{',
    ']',
    '"',
    '{"a":}',
    "{'a':1}",
    '{"email":"a","email":{"$ne":null}}',
    '\ufeff{}',
    'undefined',
    'NaN',
    '1e999',
    '"~deep:20000~',
    '~long:65537~',
    '~long:200000~',
    '{"content":"~long:70000~"}',
    '"~deep:100~"',
    '"~deep:30000~"',
  );
  return fc.oneof(cut, given, anyText).map((text) => ({ text }));
}

function anyBytes(): fc.Arbitrary<Body> {
  const bytes = fc.uint8Array({ maxLength: 64 });
  const bomb = fc.constantFrom(
    gzipSync(Buffer.alloc(5_000_000, ' ')),
    gzipSync('{"content":"x"}'),
    gzipSync('{"content":"x"}').subarray(0, 20),
  );
  return fc
    .oneof(
      bytes,
      bomb.map((buffer) => new Uint8Array(buffer)),
    )
    .map((content) => ({ bytes: content }));
}
