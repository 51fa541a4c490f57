import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { createLogger, prettyOutput } from '../../src/utils/logger';

/** A logger and the lines it has written. */
function startLogger(level: Parameters<typeof createLogger>[0] = 'info') {
  const lines: string[] = [];
  return { lines, logger: createLogger(level, { write: (line) => void lines.push(line) }) };
}

it('writes one line of JSON to stdout', () => {
  const code = `require('./src/utils/logger').createLogger('info').info({ port: 3001 }, 'listening')`;
  const stdout = execFileSync(process.execPath, ['--require', 'tsx/cjs', '-e', code], {
    cwd: resolve(__dirname, '../..'),
    encoding: 'utf8',
  });
  expect(stdout.split('\n')).toHaveLength(2);
  expect(JSON.parse(stdout)).toMatchObject({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    port: 3001,
    msg: 'listening',
  });
});

it('leaves out what is below its level, and everything when silent', () => {
  const { lines, logger } = startLogger('warn');
  logger.info('no');
  logger.warn('yes');
  expect(lines).toHaveLength(1);
  const silent = startLogger('silent');
  silent.logger.fatal('no');
  expect(silent.lines).toEqual([]);
});

it.each([
  { authorization: 'Bearer hunter2' },
  { password: 'hunter2', jwtSecrets: ['hunter2'] },
  { body: { currentPassword: 'hunter2', newPassword: 'hunter2' } },
  { result: { token: 'hunter2', refreshToken: 'hunter2' } },
  { req: { headers: { authorization: 'Bearer hunter2', cookie: 'a=hunter2' } } },
  { handshake: { auth: { token: 'hunter2' } } },
  { logins: [{ token: 'hunter2' }] },
  { reason: Object.assign(new Error('refused'), { token: 'hunter2' }) },
])('hides secrets: %j', (entry) => {
  const { lines, logger } = startLogger();
  logger.info(entry);
  expect(lines.join()).not.toContain('hunter2');
  expect(lines.join()).toContain('[Redacted]');
});

it('hides secrets and nothing else, and leaves what it was given as it is', () => {
  const { lines, logger } = startLogger();
  const entry = {
    token: 'hunter2',
    headers: { authorization: 'hunter2', origin: 'o' },
    ids: ['a'],
    at: new Date(0),
  };
  logger.info(entry);
  expect(JSON.parse(lines.join())).toMatchObject({
    token: '[Redacted]',
    headers: { authorization: '[Redacted]', origin: 'o' },
    ids: ['a'],
    at: '1970-01-01T00:00:00.000Z',
  });
  expect(entry).toMatchObject({ token: 'hunter2', headers: { authorization: 'hunter2' } });
});

it('writes an error under err, with its cause', () => {
  const { lines, logger } = startLogger();
  const err = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { password: 'hunter2' });
  logger.error({ err }, 'failed');
  logger.error(err);
  for (const line of lines) {
    const entry = JSON.parse(line);
    expect(entry.err).toMatchObject({ type: 'TypeError', message: 'outer: inner', password: '[Redacted]' });
    expect(entry.err.stack).toContain('caused by: Error: inner');
  }
  expect(err.password).toBe('hunter2');
});

describe('in a terminal', () => {
  function startPretty(hasColors = false) {
    const lines: string[] = [];
    const output = prettyOutput({ write: (line) => void lines.push(line) }, hasColors);
    return { lines, logger: createLogger('info', output) };
  }

  it('an entry is a line for people', () => {
    const { lines, logger } = startPretty();
    logger.info(
      { method: 'GET', path: '/a b', status: 200, nested: { a: [1] }, token: 'hunter2' },
      'request completed',
    );
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d INFO request completed method=GET path="\/a b" status=200 nested=\{"a":\[1\]\} token="\[Redacted\]"\n$/,
      ),
    ]);
  });

  it('an error is shown with its stack', () => {
    const { lines, logger } = startPretty();
    logger.error({ err: new Error('no disk') }, 'event failed');
    expect(lines.join()).toMatch(/ ERROR event failed\n {2}Error: no disk\n {6}at /);
  });

  it('text from clients can’t control the terminal', () => {
    const { lines, logger } = startPretty(true);
    logger.warn(
      { origin: '\u001b[2J\u009b2J\u007f', err: new Error('\u001b]0;title\u0007') },
      'origin refused',
    );
    const [warning, reset, dim] = ['\u001b[33m', '\u001b[0m', '\u001b[90m'];
    const line = lines.join();
    expect(line).toContain(`${warning}WARN${reset} origin refused ${dim}origin=${reset}`);
    const uncolored = [warning, reset, dim].reduce((text, code) => text.replaceAll(code, ''), line);
    expect(uncolored).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
