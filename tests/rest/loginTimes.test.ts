import { times } from '../../testkit/builders';
import { signUp } from '../support/client';
import { startTestServer } from '../support/testServer';
import { authCalls } from './support';

// The threads that compare have the lowest priority, so on a busy machine it takes its time.
test('an unknown email takes as long as a wrong password', async () => {
  const server = await startTestServer({ config: { bcryptRounds: 9 } });
  const { user } = await signUp(server);
  /** The time that this process computes, whoever else uses the machine; nearly all of it is the server's. */
  const timeOf = async (email: string) => {
    const before = process.cpuUsage();
    await authCalls(server).logIn(email, 'a wrong password').expect(401);
    return process.cpuUsage(before).user;
  };
  const [known, unknown]: [number[], number[]] = [[], []];
  for (const round of times(9, (index) => index)) {
    known.push(await timeOf(user.email));
    unknown.push(await timeOf(`nobody${round}@example.com`));
  }
  // What else this process does, such as collecting garbage, only adds to a time.
  const [least, leastUnknown] = [Math.min(...known), Math.min(...unknown)];
  expect(leastUnknown).toBeGreaterThan(least / 2);
  expect(leastUnknown).toBeLessThan(least * 2);
}, 120_000);
