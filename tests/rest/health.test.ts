import request from '../support/documents/request';
import { startTestServer, testDatabases } from '../support/testServer';
import { beginSignUp } from '../support/unfinishedSignUp';
import { expectProblem } from './support';

describe.each(testDatabases)('health, on %s', (_name, makeDatabase) => {
  test('the health checks are public and succeed while the server can serve', async () => {
    const { url } = await startTestServer({ database: makeDatabase() });
    for (const path of ['/healthz', '/readyz']) {
      const { body } = await request(url).get(path).expect(200);
      expect(body).toEqual({ status: 'ok' });
      await request(url).head(path).expect(200);
    }
  });

  test('a stopping server rejects new requests and completes those in flight', async () => {
    const server = await startTestServer({ database: makeDatabase() });
    const underWay = await beginSignUp(server.url);
    const stopped = server.close();

    expectProblem(await request(server.url).get('/readyz'), 'UNAVAILABLE');
    await request(server.url).get('/healthz').expect(200);
    const refused = await request(server.url).post('/api/auth/login').send({});
    expectProblem(refused, 'UNAVAILABLE');
    expect(refused.get('Connection')).toBe('close');

    expect(await underWay.finish()).toMatchObject({ user: { username: underWay.username } });
    await stopped;
    await expect(request(server.url).get('/healthz')).rejects.toThrow('ECONNREFUSED');
  });
});
