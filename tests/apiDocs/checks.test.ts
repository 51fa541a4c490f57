import { problemExample, SESSION } from '../../src/apiDocs/examples';
import { type Exchange, mistakesIn } from '../support/documents/answers';
import { ackMistake, eventMistake, frameMistake } from '../support/documents/events';
import { openApi } from '../support/documents/validation';

/** A valid response. Each test below breaks one thing in it. */
function answer(changes: Partial<Exchange> = {}): Exchange {
  return {
    method: 'GET',
    path: `/api/sessions/${SESSION.id}`,
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': '018493ee-f9d4-44b3-a933-234d221bf62c',
      'cache-control': 'no-store',
      etag: 'W/"1"',
      date: 'Wed, 25 Nov 2026 10:00:00 GMT',
    },
    text: JSON.stringify(SESSION),
    ...changes,
  };
}

function problem(code: Parameters<typeof problemExample>[0], changes: object = {}): Exchange {
  const { status, instance, ...rest } = problemExample(code, '/api/sessions/x');
  const headers = { ...answer().headers, 'content-type': 'application/problem+json; charset=utf-8' };
  return answer({ status, headers, text: JSON.stringify({ status, instance, ...rest, ...changes }) });
}

describe('a response', () => {
  test('as documented is valid', () => {
    expect(mistakesIn(answer())).toEqual([]);
    expect(mistakesIn(answer({ method: 'HEAD', text: '' }))).toEqual([]);
    expect(mistakesIn(problem('NOT_FOUND'))).toEqual([]);
  });

  const { name: _name, ...nameless } = SESSION;
  test.each<[string, Exchange, RegExp]>([
    ['an extra member', answer({ text: JSON.stringify({ ...SESSION, secret: 1 }) }), /secret/],
    ['a missing member', answer({ text: JSON.stringify(nameless) }), /name/],
    ['a member of another type', answer({ text: JSON.stringify({ ...SESSION, lastSeq: '2' }) }), /lastSeq/],
    [
      'a time without milliseconds',
      answer({ text: JSON.stringify({ ...SESSION, createdAt: '2026-11-25T09:31:00Z' }) }),
      /createdAt/,
    ],
    [
      'an extra member, deep in a list',
      answer({
        path: '/api/sessions?limit=1',
        text: JSON.stringify({ sessions: [{ ...SESSION, secret: 1 }], nextCursor: null }),
      }),
      /secret/,
    ],
    ['a status of another route', answer({ status: 201 }), /status is not documented/],
    ['a code of another route', problem('TOKEN_REUSED'), /status is not documented|code/],
    [
      'a code of the same status',
      {
        ...problem('TOKEN_REUSED'),
        headers: { ...problem('TOKEN_REUSED').headers, 'www-authenticate': 'Bearer' },
      },
      /code/,
    ],
    ['a problem with an extra member', problem('NOT_FOUND', { stack: 'at …' }), /stack/],
    [
      'an undocumented body',
      answer({ method: 'DELETE', status: 204, text: 'gone' }),
      /no body is documented/,
    ],
    [
      'a body of another type',
      answer({ headers: { ...answer().headers, 'content-type': 'text/html' } }),
      /type text\/html/,
    ],
    ['invalid JSON', answer({ text: '{' }), /must be object/],
    [
      'an extra header',
      answer({ headers: { ...answer().headers, 'x-powered-by': 'Express' } }),
      /x-powered-by/,
    ],
    [
      'a missing header',
      answer({ headers: { ...answer().headers, 'x-request-id': undefined } }),
      /X-Request-Id: it is missing/,
    ],
    [
      'a header with an invalid value',
      answer({ headers: { ...answer().headers, 'x-request-id': 'a b' } }),
      /X-Request-Id/,
    ],
    ['an undocumented route', answer({ path: '/api/secrets' }), /route is not documented/],
    ['an error page', answer({ path: '/nowhere', status: 404, text: '<html>' }), /no problem/],
  ])('with %s is invalid', (_what, exchange, mistake) => {
    expect(mistakesIn(exchange).join()).toMatch(mistake);
  });

  test('of every documented route is matched by its path', () => {
    for (const [path, item] of Object.entries(openApi.paths)) {
      const filled = path.replaceAll(/\{\w+\}/g, SESSION.id);
      for (const method of Object.keys(item)) {
        const exchange = answer({ method: method.toUpperCase(), path: filled, status: 418 });
        expect(mistakesIn(exchange).join()).toContain('this status is not documented');
      }
    }
  });
});

describe('an event', () => {
  const expiring = { expiresAt: '2026-11-25T10:00:00.000Z' };

  test('as documented is valid', () => {
    expect(eventMistake('token-expiring', [expiring])).toBeNull();
    expect(ackMistake('leave-session', [{ ok: true }])).toBeNull();
    expect(ackMistake('join-session', [{ ok: true, session: SESSION }])).toBeNull();
    expect(
      ackMistake('no-such-event', [{ ok: false, error: { code: 'VALIDATION_FAILED', message: 'x' } }]),
    ).toBeNull();
    expect(frameMistake('431[{"ok":true}]')).toBeNull();
    expect(frameMistake(`42${JSON.stringify(['token-expiring', expiring])}`)).toBeNull();
    expect(eventMistake('session', [{ type: 'list' }])).toBeNull();
    expect(frameMistake('40{"sid":"x"}')).toBeNull();
  });

  test.each<[string, string | null, RegExp]>([
    ['an event of another name', eventMistake('token-expired', [expiring]), /not documented/],
    ['an extra member', eventMistake('token-expiring', [{ ...expiring, token: 'x' }]), /token/],
    ['a missing member', eventMistake('session', [{ type: 'renamed' }]), /session/],
    ['a session in a list', eventMistake('session', [{ type: 'list', session: SESSION }]), /session/],
    ['an extra value', eventMistake('token-expiring', [expiring, expiring]), /2 values/],
    ['no values', eventMistake('message', []), /0 values/],
    ['the ack of another event', ackMistake('message', [{ ok: true, session: SESSION }]), /message/],
    ['an empty ack', ackMistake('join-session', [{ ok: true }]), /session/],
    ['an ack with an extra member', ackMistake('leave-session', [{ ok: true, left: 1 }]), /left/],
    ['an ack without ok', ackMistake('leave-session', [{}]), /ok/],
    [
      'a failure with a code of another event',
      ackMistake('leave-session', [{ ok: false, error: { code: 'TOKEN_REUSED', message: 'x' } }]),
      /code/,
    ],
    [
      'a failure with an extra member',
      ackMistake('message', [{ ok: false, error: { code: 'NOT_FOUND', message: 'x', stack: 'x' } }]),
      /stack/,
    ],
    ['two values in an ack', ackMistake('leave-session', [null, { ok: true }]), /2 values/],
    ['a frame with an ack of no event', frameMistake('431[{"ok":true,"left":1}]'), /left/],
    [
      'a frame with a connection error of another code',
      frameMistake('44{"message":"x","data":{"code":"NOT_FOUND"}}'),
      /code/,
    ],
  ])('with %s is invalid', (_what, mistake, pattern) => {
    expect(mistake).toMatch(pattern);
  });
});
