import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { breakSessions } from '../support/breakSessions';
import { api, connect, signUp } from '../support/client';
import { figuresIn } from '../support/figures';
import { recordLog } from '../support/recordLog';
import { ask, failureIn } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';

test('each call that fails because of the database is counted, and the failures are logged once', async () => {
  const { logger, entries } = recordLog('info');
  const server = await startTestServer({ parts: { logger } });
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  await api(server, token).get(`/api/sessions/${randomUUID()}`).expect(404);
  expect(figuresIn(await server.scrape())).toMatchObject({
    'chat_store_failures_total{code="INTERNAL"}': 0,
    'chat_store_failures_total{code="UNAVAILABLE"}': 0,
  });

  breakSessions(server.database);
  for (const content of times(3, String)) {
    const answer = await ask(socket, { sessionId: randomUUID(), content });
    expect(failureIn(answer).code).toBe('INTERNAL');
  }
  expect(figuresIn(await server.scrape())).toMatchObject({
    'chat_store_failures_total{code="INTERNAL"}': 3,
    'chat_refusals_total{via="event",code="INTERNAL"}': 3,
    'chat_messages_stored_total{sender="user"}': 0,
    'chat_store_call_duration_seconds_count{call="appendExchange"}': 3,
  });
  const said = entries().filter(({ msg }) => msg === 'database call failed');
  expect(said).toMatchObject([{ level: 50, code: 'INTERNAL', failures: 1 }]);
});
