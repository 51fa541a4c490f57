import { ConfigError, readConfig } from '../../src/config/readConfig';

/** The problems and warnings of this environment. */
function check(env: NodeJS.ProcessEnv): string[] {
  try {
    return readConfig(env).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const openAi = { RESPONDER: 'openai', RESPONDER_URL: 'https://api.openai.com/v1', RESPONDER_MODEL: 'small' };

test('RESPONDER=openai needs an address and a model, and no key', () => {
  expect(check({ RESPONDER: 'openai' })).toEqual([
    'RESPONDER_URL is not set; RESPONDER=openai needs it.',
    'RESPONDER_MODEL is not set; RESPONDER=openai needs it.',
  ]);
  expect(readConfig(openAi).config.responder).toEqual({
    kind: 'openai',
    url: 'https://api.openai.com/v1',
    apiKey: null,
    model: 'small',
    systemPrompt: null,
    contextTokens: 8192,
    maxTokens: 1024,
    extra: {},
    titles: false,
    firstTokenTimeoutMs: 120_000,
    idleTimeoutMs: 60_000,
    timeoutMs: 600_000,
  });
});

test('RESPONDER=webhook needs an address', () => {
  expect(check({ RESPONDER: 'webhook' })).toEqual(['RESPONDER_URL is not set; RESPONDER=webhook needs it.']);
  const webhook = {
    RESPONDER: 'webhook',
    RESPONDER_URL: 'https://example.com',
    RESPONDER_WEBHOOK_SECRET: 'hush',
  };
  expect(readConfig(webhook).config.responder).toMatchObject({ kind: 'webhook', secret: 'hush' });
});

test('RESPONDER may be the path of a module', () => {
  for (const path of ['./responder.mjs', 'responders/mine', 'C:\\responder.js', 'mine.cjs']) {
    expect(readConfig({ RESPONDER: path }).config.responder).toEqual({ kind: 'module', path });
  }
});

test.each([
  { RESPONDER: 'OpenAI' },
  { RESPONDER_URL: 'api.openai.com/v1' },
  { RESPONDER_URL: 'ftp://example.com' },
  { RESPONDER_URL: 'https://key:hunter2@example.com' },
  { RESPONDER_API_KEY: 'sk hunter2' },
  { RESPONDER_API_KEY: 'sk-hunter2é' },
  { RESPONDER_CONTEXT_TOKENS: '0' },
  { RESPONDER_MAX_TOKENS: '8192' },
  { RESPONDER_EXTRA: '[]' },
  { RESPONDER_EXTRA: '{temperature: 1}' },
  { RESPONDER_EXTRA: '7' },
  { RESPONDER_TIMEOUT: '60' },
  { RESPONDER_CONCURRENCY: '0' },
  { REPLIES_PER_USER: '1.5' },
  { RESPONDER_TITLES: 'yes' },
  { TOKENS_PER_USER_PER_DAY: '-1' },
  { TOKENS_PER_USER_PER_DAY: '10k' },
])('%j is a mistake, which names the variable and shows no secret', (env) => {
  const found = check(env);
  expect(found).toEqual([expect.stringMatching(new RegExp(`^${Object.keys(env)[0]} `))]);
  expect(found[0]).not.toContain('hunter2');
});

test.each([
  ['http://localhost:11434/v1', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:8080', true],
  ['http://10.1.2.3/v1', true],
  ['http://172.31.0.1/v1', true],
  ['http://172.32.0.1/v1', false],
  ['http://192.168.1.9/v1', true],
  ['http://[fd00::1]/v1', true],
  ['http://[2001:db8::1]/v1', false],
  ['http://ollama:11434/v1', true],
  ['http://model.internal/v1', true],
  ['http://api.example.com/v1', false],
  ['HTTP://api.example.com/v1', false],
  ['http://8.8.8.8/v1', false],
  ['https://api.example.com/v1', true],
])('%s without a warning: %s', (url, isQuiet) => {
  const warnings = check({ ...openAi, RESPONDER_URL: url });
  expect(warnings).toEqual(isQuiet ? [] : [expect.stringMatching(/^RESPONDER_URL .* https:\/\//)]);
  expect(check({ RESPONDER_URL: url })).toEqual([]);
});
