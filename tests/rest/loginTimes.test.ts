import { times } from '../../testkit/builders';
import { signUp } from '../support/client';
import request from '../support/documents/request';
import { startTestServer } from '../support/testServer';

test.each([
  ['email', 'a wrong password'],
  ['username', 'a wrong password'],
  ['email', 'ein fa\u0308lschliches Kennwort'],
])(
  'an unknown %s takes as long as a wrong password: %s',
  async (kind, password) => {
    const server = await startTestServer({ config: { bcryptRounds: 9 } });
    const { user } = await signUp(server);
    /** The time that this process computes, whoever else uses the machine; nearly all of it is the server's. */
    const timeOf = async (name: string) => {
      const before = process.cpuUsage();
      await request(server.url)
        .post('/api/auth/login')
        .send({ [kind]: name, password })
        .expect(401);
      return process.cpuUsage(before).user;
    };
    const [known, unknown]: [number[], number[]] = [[], []];
    for (const round of times(5, (index) => index)) {
      known.push(await timeOf(kind === 'email' ? user.email : user.username));
      unknown.push(await timeOf(kind === 'email' ? `nobody${round}@example.com` : `nobody${round}`));
    }
    // What else this process does, such as collecting garbage, only adds to a time.
    const [least, leastUnknown] = [Math.min(...known), Math.min(...unknown)];
    expect(leastUnknown).toBeGreaterThan(least / 2);
    expect(leastUnknown).toBeLessThan(least * 2);
  },
  120_000,
);
