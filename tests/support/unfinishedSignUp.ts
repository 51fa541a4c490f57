import { once } from 'node:events';
import { type ClientRequest, request as openRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { uniqueName } from '../../testkit/builders';
import { PASSWORD } from './client';

/** Begins a sign-up. The server has accepted it and waits for its body, and so does a graceful stop. */
export async function beginSignUp(url: string) {
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
