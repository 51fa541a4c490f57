import { randomUUID } from 'node:crypto';
import { api, PASSWORD, signUp } from '../support/client';
import { startTestServer } from '../support/testServer';
import { authCalls, expectProblem } from './support';

test('an unexpected error is INTERNAL, doesn’t reveal its cause, and affects one request only', async () => {
  let broken = false;
  // An invalid time makes the code that formats it throw.
  const clock = () => (broken ? Number.NaN : Date.now());
  const server = await startTestServer({ parts: { clock } });
  const { user, token } = await signUp(server);
  broken = true;
  const failed = await authCalls(server).logIn(user.email, PASSWORD);
  expectProblem(failed, 'INTERNAL');
  expect(failed.text).not.toMatch(/range|invalid|time|NaN/i);
  broken = false;
  await authCalls(server).logIn(user.email, PASSWORD).expect(200);
  await authCalls(server).me(token).expect(200);
});

test('a failing responder affects the reply only', async () => {
  const respond = () => {
    throw new Error('the model is away');
  };
  const server = await startTestServer({ parts: { responder: { kind: 'immediate', respond } } });
  const { post } = api(server, (await signUp(server)).token);
  const { body } = await post(`/api/sessions/${randomUUID()}/messages`, { content: 'Hello' }).expect(201);
  expect(body).toEqual({ message: expect.objectContaining({ content: 'Hello', seq: 1 }), reply: null });
});
