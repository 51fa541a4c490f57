import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { authCalls, expectProblem } from '../rest/support';
import { connect, PASSWORD, signUp } from '../support/client';
import { measuresTimes } from '../support/measuredTimes';
import { PRIORITY_VARIABLE } from '../support/serverBuild';
import { send } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';

measuresTimes();

/** On the event loop ten hashes at this cost hold everybody up for most of a second. */
const LONGEST_ECHO_MS = 250;

beforeAll(() => {
  process.env[PRIORITY_VARIABLE] = 'low';
});

test('ten logins that hash at once hold up no message', async () => {
  const server = await startTestServer({ config: { bcryptRounds: 10 } });
  const { user, token } = await signUp(server);
  const socket = await connect(server, token);
  const sessionId = randomUUID();
  await send(socket, sessionId, 'the first one makes the session');
  let hashing = true;
  const begin = performance.now();
  const logins = Promise.all(
    times(10, () => authCalls(server).logIn(user.email, PASSWORD).expect(200)),
  ).finally(() => {
    hashing = false;
  });
  const latencies: number[] = [];
  while (hashing) {
    const sentAt = performance.now();
    await send(socket, sessionId, 'x');
    latencies.push(performance.now() - sentAt);
  }
  await logins;
  const longest = Math.max(...latencies);
  const [echoes, seconds] = [latencies.length, ((performance.now() - begin) / 1000).toFixed(1)];
  process.stderr.write(`10 logins in ${seconds} s: ${echoes} echoes, longest ${longest.toFixed(0)} ms\n`);
  expect(echoes).toBeGreaterThan(20);
  expect(longest).toBeLessThan(LONGEST_ECHO_MS);
}, 60_000);

test('when too many logins wait for a thread, further ones are told when to come back', async () => {
  const server = await startTestServer({ config: { bcryptRounds: 8 } });
  const { user, token } = await signUp(server);
  const answers = await Promise.all(times(120, () => authCalls(server).logIn(user.email, PASSWORD)));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(64);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expectProblem(answer, 'UNAVAILABLE');
    expect(answer.get('Retry-After')).toBe('5');
  }
  await authCalls(server).me(token).expect(200);
  await authCalls(server).logIn(user.email, PASSWORD).expect(200);
}, 60_000);
