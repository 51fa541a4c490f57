import { once } from 'node:events';
import { type ClientRequest, request as openRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { uniqueName } from '../support/builders';
import { PASSWORD } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';
import { expectProblem } from './support';

describe.each(testDatabases)('health, on %s', (_name, makeDatabase) => {
  test('the process lives and can serve, and says so to anyone', async () => {
    const { url } = await startTestServer({ database: makeDatabase() });
    for (const path of ['/healthz', '/readyz']) {
      const { body } = await request(url).get(path).expect(200);
      expect(body).toEqual({ status: 'ok' });
      await request(url).head(path).expect(200);
    }
  });

  test('once it is stopping it takes nothing new and finishes what is under way', async () => {
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

/** Opens a sign-up that the server has begun to handle and whose body it waits for. */
async function beginSignUp(url: string) {
  const username = uniqueName();
  const body = JSON.stringify({ username, email: `${username}@example.com`, password: PASSWORD });
  const call = openRequest(`${url}/api/auth/signup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Content-Length': body.length, Expect: '100-continue' },
  });
  call.flushHeaders();
  await once(call, 'continue');
  return { username, finish: () => answerTo(call, body) };
}

async function answerTo(call: ClientRequest, body: string): Promise<unknown> {
  const answer = new Promise<string>((resolve, reject) => {
    call.once('response', (response) => text(response).then(resolve, reject));
    call.once('error', reject);
  });
  call.end(body);
  return JSON.parse(await answer);
}
