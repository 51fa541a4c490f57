import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, connect, record, signUp } from '../support/client';
import { ask, askToJoin, failureIn } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';

test('a join that is refused leaves the socket outside of the session', async () => {
  const server = await startTestServer({ config: { messageRatePerSecond: 4 } });
  const { token } = await signUp(server);
  const [refused, other] = [await connect(server, token), await connect(server, token)];
  const heard = record(refused, 'message');
  const ids = times(10, () => randomUUID());
  const answers = await Promise.all(ids.map((id) => askToJoin(refused, id)));
  const idOf = (ok: boolean) => ids[answers.findIndex((answer) => answer.ok === ok)] ?? '';
  const [inside, outside] = [idOf(true), idOf(false)];
  expect(answers.filter(({ ok }) => !ok).map((answer) => failureIn(answer).code)).toContain('RATE_LIMITED');

  const made = () => api(server, token).post('/api/sessions', { id: outside });
  while ((await made()).status === 429);
  for (const sessionId of [outside, inside]) {
    while (!(await ask(other, { sessionId, content: 'hello' })).ok);
  }
  expect((await heard.atLeast(2)).map(({ sessionId }) => sessionId)).toEqual([inside, inside]);
});
