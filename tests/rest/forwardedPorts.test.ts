import request from '../support/documents/request';
import { startTestServer } from '../support/testServer';

/** The form that Azure Application Gateway and IIS ARR send. */
test.each(['203.0.113.1', '[2001:db8::1]'])(
  'attempts from %s count for one address, although the proxy appends the port',
  async (address) => {
    const server = await startTestServer({ config: { authRatePerMinute: 2, trustProxy: 1 } });
    const statuses: number[] = [];
    for (const port of [50_001, 50_002, 50_003]) {
      const call = request(server.url).post('/api/auth/login').set('X-Forwarded-For', `${address}:${port}`);
      statuses.push((await call.send({ email: 'nobody@example.com', password: 'x' })).status);
    }
    expect(statuses).toEqual([401, 401, 429]);
  },
);
