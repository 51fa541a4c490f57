import supertest, { type Test } from 'supertest';
import { holdAnswer } from './answers';

export type { Response, Test } from 'supertest';

/** Supertest, with every response checked against the server's document. */
export default function request(url: string) {
  const calls = supertest(url);
  return {
    get: (path: string) => held(calls.get(path)),
    head: (path: string) => held(calls.head(path)),
    options: (path: string) => held(calls.options(path)),
    post: (path: string) => held(calls.post(path)),
    put: (path: string) => held(calls.put(path)),
    patch: (path: string) => held(calls.patch(path)),
    delete: (path: string) => held(calls.delete(path)),
  };
}

function held(call: Test): Test {
  return call.expect(({ status, headers, text }) => {
    const { pathname } = new URL(call.url);
    holdAnswer({ method: call.method, path: pathname, status, headers, text: text ?? '' });
  });
}
