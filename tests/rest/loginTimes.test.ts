import { times } from '../support/builders';
import { signUp } from '../support/client';
import { measuresTimes } from '../support/measuredTimes';
import { startTestServer } from '../support/testServer';
import { authCalls } from './support';

measuresTimes();

test('an unknown email takes as long as a wrong password', async () => {
  const server = await startTestServer({ config: { bcryptRounds: 9 } });
  const { user } = await signUp(server);
  const timeOf = async (email: string) => {
    const begin = performance.now();
    await authCalls(server).logIn(email, 'a wrong password').expect(401);
    return performance.now() - begin;
  };
  const [known, unknown]: [number[], number[]] = [[], []];
  for (const round of times(9, (index) => index)) {
    known.push(await timeOf(user.email));
    unknown.push(await timeOf(`nobody${round}@example.com`));
  }
  // What else the machine does only adds to a time, so the least of several is what the server takes.
  const [least, leastUnknown] = [Math.min(...known), Math.min(...unknown)];
  expect(leastUnknown).toBeGreaterThan(least / 2);
  expect(leastUnknown).toBeLessThan(least * 2);
});
