import request from '../support/documents/request';
import { startTestServer, type TestServer } from '../support/testServer';
import { UUID } from './support';

let behindProxy: TestServer;
let exposed: TestServer;
beforeAll(async () => {
  behindProxy = await startTestServer({ config: { trustProxy: ['127.0.0.0/8'] } });
  exposed = await startTestServer({ config: { trustProxy: ['10.0.0.0/8'] } });
});

async function idFor(server: TestServer, id: string): Promise<string | undefined> {
  const answer = await request(server.url).get('/api/auth/me').set('X-Request-Id', id).expect(401);
  expect(answer.body.requestId).toBe(answer.get('X-Request-Id'));
  return answer.get('X-Request-Id');
}

const SAFE = ['4f0c2a', 'a'.repeat(64), 'Root=1-67891233-abcdef012345678912345678', 'host:8080/xyz+1~2_3.4'];

test.each(SAFE)('an id from a trusted proxy is kept: %s', async (id) => {
  expect(await idFor(behindProxy, id)).toBe(id);
});

test.each(SAFE)('an id from any other client is replaced: %s', async (id) => {
  expect(await idFor(exposed, id)).toEqual(UUID);
});

test.each([
  ['long', 'a'.repeat(65)],
  ['empty', ''],
  ['with a space', 'a b'],
  ['with a quote', 'a"b'],
  ['with markup', '<script>'],
  ['two of them', 'a, b'],
  ['with letters beyond ASCII', 'ä'],
])('one that is not short and plain is not kept: %s', async (_what, id) => {
  expect(await idFor(behindProxy, id)).toEqual(UUID);
});
