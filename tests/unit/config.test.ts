import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { ConfigError, loadEnvironment, readConfig, readNameWarnings } from '../../src/config/readConfig';

const root = resolve(__dirname, '../..');
const strongSecret = 'k3VYp0mQ7tZr1sWx9uB4nC6dE8fG2hJ5';

const read = (env: NodeJS.ProcessEnv) => readConfig(env).config;

/** What `readConfig` finds wrong with this environment. */
function problems(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('defaults', () => {
  it('are those that are documented', () => {
    expect(readConfig({})).toEqual({
      config: {
        environment: 'development',
        host: '0.0.0.0',
        port: 3001,
        database: { kind: 'sqlite', path: './data/chat.db' },
        jwtSecrets: [],
        jwtExpiresInMs: 3_600_000,
        refreshExpiresInMs: 30 * 86_400_000,
        corsOrigins: ['http://localhost:3000'],
        loopbackOrigins: true,
        trustProxy: false,
        bcryptRounds: 12,
        authRatePerMinute: 10,
        connectRatePerMinute: 300,
        messageRatePerSecond: 20,
        webClient: true,
        webTitle: 'Smart Chat',
        webAccent: null,
        signUp: true,
        guests: false,
        externalAuth: null,
        responder: { kind: 'echo' },
        responderConcurrency: 32,
        repliesPerUser: 2,
        tokensPerUserPerDay: 0,
        logLevel: 'info',
        metricsPort: null,
        redisUrl: null,
        nodeId: null,
      },
      warnings: [],
    });
  });

  it('hold for variables that are empty or blank', () => {
    const names = [...Object.keys(exampleFile()), 'JWT_SECRET'];
    for (const blank of ['', '  ']) {
      expect(readConfig(Object.fromEntries(names.map((name) => [name, blank])))).toEqual(readConfig({}));
    }
  });

  it('are frozen all the way down', () => {
    const config = read({ JWT_SECRET: strongSecret, TRUST_PROXY: 'loopback' });
    const parts = [config, ...Object.values(config)].filter(
      (part) => typeof part === 'object' && part !== null,
    );
    expect(parts).toHaveLength(6);
    expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([]);
  });
});

describe('.env.example', () => {
  it('names every variable once and gives the defaults', () => {
    expect(readConfig(exampleFile())).toEqual(readConfig({}));
    const names = readFileSync(join(root, '.env.example'), 'utf8').match(/^(# )?[A-Z_]+=/gm) ?? [];
    expect(names.map((name) => name.replace(/^# |=$/g, '')).sort()).toEqual(
      [
        ...['NODE_ENV', 'HOST', 'PORT', 'DATABASE_URL', 'JWT_SECRET', 'JWT_EXPIRES_IN', 'REFRESH_EXPIRES_IN'],
        ...['CORS_ORIGIN', 'TRUST_PROXY', 'BCRYPT_ROUNDS', 'AUTH_RATE_PER_MINUTE', 'CONNECT_RATE_PER_MINUTE'],
        ...[
          'MESSAGE_RATE_PER_SECOND',
          'WEB_CLIENT',
          'WEB_TITLE',
          'WEB_ACCENT',
          'SIGNUP',
          'GUESTS',
          'AUTH_JWKS_URL',
          'AUTH_SECRET',
          'AUTH_ISSUER',
          'AUTH_AUDIENCE',
          'LOG_LEVEL',
          'METRICS_PORT',
          'REDIS_URL',
          'NODE_ID',
        ],
        ...['RESPONDER', 'RESPONDER_URL', 'RESPONDER_API_KEY', 'RESPONDER_MODEL', 'RESPONDER_SYSTEM_PROMPT'],
        ...[
          'RESPONDER_CONTEXT_TOKENS',
          'RESPONDER_MAX_TOKENS',
          'RESPONDER_EXTRA',
          'RESPONDER_WEBHOOK_SECRET',
        ],
        ...['RESPONDER_FIRST_TOKEN_TIMEOUT', 'RESPONDER_IDLE_TIMEOUT', 'RESPONDER_TIMEOUT'],
        ...['RESPONDER_CONCURRENCY', 'REPLIES_PER_USER'],
        ...['RESPONDER_TITLES', 'TOKENS_PER_USER_PER_DAY'],
      ].sort(),
    );
  });

  it('sets every variable that has a default', () => {
    expect(Object.keys(exampleFile())).toHaveLength(31);
    expect(exampleFile()).not.toHaveProperty('JWT_SECRET');
  });
});

describe('mistakes', () => {
  const wrong: Record<string, string> = {
    NODE_ENV: 'prod',
    HOST: 'http://0.0.0.0',
    PORT: '65536',
    DATABASE_URL: 'postgres://chat:hunter2@db/chat',
    JWT_EXPIRES_IN: '3600',
    REFRESH_EXPIRES_IN: '0s',
    CORS_ORIGIN: 'http://localhost:3000/app',
    TRUST_PROXY: 'true',
    BCRYPT_ROUNDS: '9',
    AUTH_RATE_PER_MINUTE: '-1',
    CONNECT_RATE_PER_MINUTE: '1.5',
    MESSAGE_RATE_PER_SECOND: 'many',
    LOG_LEVEL: 'verbose',
    METRICS_PORT: 'on',
    REDIS_URL: 'localhost:6379',
    NODE_ID: 'node 1',
  };

  /** What is shown instead of the value, which may contain a password. */
  const shown: Record<string, string> = {
    DATABASE_URL: '"postgres://"',
    REDIS_URL: 'does not start with a scheme',
  };

  it('are all named at once, each with what was given', () => {
    const found = problems(wrong);
    expect(found.map((problem) => problem.split(' ')[0])).toEqual(Object.keys(wrong));
    for (const [index, [name, given]] of Object.entries(wrong).entries()) {
      expect(found[index]).toContain(shown[name] ?? JSON.stringify(given));
    }
  });

  it('are all in the text of the error too', () => {
    expect(() => readConfig(wrong)).toThrow(
      /^- PORT is "65536"; it must be a whole number from 0 to 65535\.$/m,
    );
    expect(() => readConfig(wrong)).toThrow(
      /^- METRICS_PORT is "on"; it must be a port from 0 to 65535, or "off"\.$/m,
    );
  });

  it.each([
    { DATABASE_URL: 'postgres://chat:hunter2@db/chat' },
    { DATABASE_URL: 'chat:hunter2@db/chat' },
    { DATABASE_URL: 'mongodb://chat:hun/ter2@db/chat' },
    { DATABASE_URL: 'mongodb://chat:hunter2@' },
    { CORS_ORIGIN: 'https://chat:hunter2@example.com' },
    { CORS_ORIGIN: 'https://chat:my hunter2@example.com' },
    { PORT: 'mongodb://chat:hunter2@db/chat' },
    { REDIS_URL: 'redis://chat:hunter2@redis' },
    { REDIS_URL: 'http://chat:hunter2@redis' },
    { REDIS_URL: 'chat:hunter2@redis' },
    { REDIS_URL: 'redis://chat:hun/ter2@redis' },
    { REDIS_URL: 'redis://chat:hun%ter2@redis' },
    { NODE_ID: 'redis://chat:hunter2@redis' },
    { NODE_ENV: 'production', JWT_SECRET: 'hunter2' },
    { NODE_ENV: 'production', JWT_SECRET: `${strongSecret},your_hunter2` },
  ])('never show a password: %j', (env) => {
    const found = problems(env);
    expect(found).toHaveLength(1);
    expect(found[0]).not.toMatch(/hun\/?ter2|k3VY/);
  });
});

describe('DATABASE_URL', () => {
  it.each([
    ['sqlite://./database.db', { kind: 'sqlite', path: './database.db' }],
    ['sqlite://./data~1/50% $ chat#1.db', { kind: 'sqlite', path: './data~1/50% $ chat#1.db' }],
    ['sqlite:///var/lib/chat.db', { kind: 'sqlite', path: '/var/lib/chat.db' }],
    ['mongodb://localhost:27017/chat-app', { kind: 'mongodb', url: 'mongodb://localhost:27017/chat-app' }],
    [
      'mongodb://u:p%40@a:1,b:2/chat?replicaSet=r',
      { kind: 'mongodb', url: 'mongodb://u:p%40@a:1,b:2/chat?replicaSet=r' },
    ],
    ['mongodb+srv://u:p@db.example.com', { kind: 'mongodb', url: 'mongodb+srv://u:p@db.example.com' }],
  ])('takes %s', (url, database) => {
    expect(read({ DATABASE_URL: url }).database).toEqual(database);
  });

  it.each([
    'sqlite://',
    'sqlite://:memory:',
    'sqlite://file::memory:',
    'sqlite://~/chat.db',
    'sqlite://~chat/chat.db',
    'sqlite://./chat.db?mode=rwc',
    'sqlite:///var/lib/chat.db?',
    'sqlite:///var/lib/my%20chat.db',
    'sqlite://%APPDATA%/chat.db',
    'sqlite://$HOME/chat.db',
    `sqlite://$\{HOME}/chat.db`,
    './chat.db',
    'mongodb://',
    'mongodb://u:p@@h/x',
  ])('refuses %s', (url) => {
    expect(problems({ DATABASE_URL: url })).toEqual([
      expect.stringMatching(/^DATABASE_URL .*(sqlite|mongodb):\/\//),
    ]);
  });
});

describe('JWT_SECRET', () => {
  const production = { NODE_ENV: 'production' };

  it('is a list in which spaces and empty parts do not count', () => {
    const other = strongSecret.toLowerCase();
    expect(read({ ...production, JWT_SECRET: ` ${strongSecret} , ${other},` }).jwtSecrets).toEqual([
      strongSecret,
      other,
    ]);
  });

  it('is needed in production', () => {
    for (const missing of [undefined, '', ' , ']) {
      expect(problems({ ...production, JWT_SECRET: missing })).toEqual([
        expect.stringMatching(/^JWT_SECRET is not set/),
      ]);
    }
  });

  it.each([
    ['x'.repeat(31), /31 bytes/],
    ['your_jwt_secret_key_here', /placeholder/],
    ['change_me_to_at_least_32_random_bytes', /placeholder/],
    ['<at least thirty-two random bytes>', /placeholder/],
    [`${strongSecret},short`, /number 2 of 2 has 5 bytes/],
  ])('%s is refused in production and warned of elsewhere', (secret, reason) => {
    expect(problems({ ...production, JWT_SECRET: secret })).toEqual([expect.stringMatching(reason)]);
    expect(readConfig({ JWT_SECRET: secret }).warnings).toEqual([expect.stringMatching(reason)]);
  });

  it('counts bytes, not characters', () => {
    expect(problems({ ...production, JWT_SECRET: 'é'.repeat(16) })).toEqual([]);
  });
});

describe('JWT_EXPIRES_IN and REFRESH_EXPIRES_IN', () => {
  it('are times with a unit', () => {
    const config = read({ JWT_EXPIRES_IN: '1.5 hours', REFRESH_EXPIRES_IN: '2w' });
    expect([config.jwtExpiresInMs, config.refreshExpiresInMs]).toEqual([5_400_000, 14 * 86_400_000]);
  });

  it('say how to add the unit', () => {
    expect(problems({ JWT_EXPIRES_IN: '3600' })).toEqual([
      expect.stringContaining('write "3600s" for seconds'),
    ]);
  });

  it.each(['0s', '-1h', '0.1ms', '11y', 'soon', '1h30m'])('refuse %s', (text) => {
    expect(problems({ REFRESH_EXPIRES_IN: text })).toEqual([
      expect.stringMatching(/^REFRESH_EXPIRES_IN is ".*"; it must/),
    ]);
  });

  it('must leave the refresh the longer one', () => {
    expect(problems({ JWT_EXPIRES_IN: '2d', REFRESH_EXPIRES_IN: '2d' })).toEqual([
      expect.stringMatching(/^REFRESH_EXPIRES_IN is 172800 s and JWT_EXPIRES_IN is 172800 s/),
    ]);
  });
});

describe('CORS_ORIGIN', () => {
  it('becomes what browsers send', () => {
    const CORS_ORIGIN =
      'https://Chat.Example.com:443, http://localhost:3000,http://localhost:3000,capacitor://localhost';
    expect(read({ CORS_ORIGIN }).corsOrigins).toEqual([
      'https://chat.example.com',
      'http://localhost:3000',
      'capacitor://localhost',
    ]);
  });

  it.each([
    'localhost:3000',
    'null',
    'https://*.example.com',
    '*,https://a.example',
    'https://a.example?b',
    'http://a:99999',
    ',',
  ])('refuses %s', (text) => {
    expect(problems({ CORS_ORIGIN: text })).toEqual([expect.stringMatching(/^CORS_ORIGIN /)]);
  });

  it('says what to write instead of a slash at the end', () => {
    expect(problems({ CORS_ORIGIN: 'https://a.example/' })).toEqual([
      expect.stringContaining('write "https://a.example".'),
    ]);
  });

  it('may be * outside production, with a warning', () => {
    const { config, warnings } = readConfig({ CORS_ORIGIN: '*' });
    expect(config.corsOrigins).toEqual(['*']);
    expect(warnings).toEqual([expect.stringMatching(/^CORS_ORIGIN is "\*"/)]);
    expect(problems({ NODE_ENV: 'production', JWT_SECRET: strongSecret, CORS_ORIGIN: '*' })).toEqual(
      warnings,
    );
  });
});

describe('TRUST_PROXY', () => {
  it.each([
    ['false', false],
    ['0', false],
    ['2', 2],
    ['loopback, 10.0.0.0/8,fd00::1', ['loopback', '10.0.0.0/8', 'fd00::1']],
  ])('takes %s', (text, expected) => {
    expect(read({ TRUST_PROXY: text }).trustProxy).toEqual(expected);
  });

  it.each(['true', '-1', '1,2', '10.0.0.0/33', '0.0.0.0/0', 'proxy.example.com', ','])(
    'refuses %s',
    (text) => {
      expect(problems({ TRUST_PROXY: text })).toEqual([expect.stringMatching(/^TRUST_PROXY (is|has) /)]);
    },
  );

  it('says why not true', () => {
    expect(problems({ TRUST_PROXY: 'true' })).toEqual([
      expect.stringContaining('any address that a client claims'),
    ]);
  });
});

describe('the other values', () => {
  it('switch the chat page', () => {
    expect(read({ WEB_CLIENT: 'off' }).webClient).toBe(false);
    expect(read({ WEB_CLIENT: 'on' }).webClient).toBe(true);
  });

  it('take their limits', () => {
    const least = read({
      PORT: '0',
      BCRYPT_ROUNDS: '10',
      AUTH_RATE_PER_MINUTE: '0',
      HOST: '::',
      METRICS_PORT: '0',
    });
    expect(least).toMatchObject({
      port: 0,
      bcryptRounds: 10,
      authRatePerMinute: 0,
      host: '::',
      metricsPort: 0,
    });
    const most = read({ PORT: '65535', BCRYPT_ROUNDS: '20', HOST: 'chat.internal', METRICS_PORT: '9100' });
    expect(most).toMatchObject({ port: 65535, bcryptRounds: 20, host: 'chat.internal', metricsPort: 9100 });
  });

  it.each([
    { BCRYPT_ROUNDS: '21' },
    { PORT: '0x10' },
    { PORT: '1e3' },
    { HOST: '0.0.0.0:3001' },
    { LOG_LEVEL: 'INFO' },
    { WEB_CLIENT: 'yes' },
    { METRICS_PORT: '3001' },
    { REDIS_URL: 'redis://localhost:6379' },
    { NODE_ID: 'a'.repeat(33) },
  ])('stop there: %j', (env) => {
    expect(problems(env)).toEqual([expect.stringMatching(new RegExp(`^${Object.keys(env)[0]} `))]);
  });
});

describe('several nodes', () => {
  it.each([
    'redis://localhost',
    'redis://localhost:6379/2',
    'rediss://chat:p%40ss@redis.example.com:6380',
    'redis://:secret@[::1]:6379/',
  ])('take the Redis URL %s with MongoDB', (url) => {
    const config = read({ DATABASE_URL: 'mongodb://localhost/chat', REDIS_URL: url, NODE_ID: 'node-1' });
    expect(config).toMatchObject({ redisUrl: url, nodeId: 'node-1' });
  });

  it.each([
    'redis://',
    'redis://localhost:x',
    'redis://local host',
    'redis://localhost?db=2',
    'redis://h/chat',
  ])('reject the Redis URL %s', (url) => {
    const found = problems({ DATABASE_URL: 'mongodb://localhost/chat', REDIS_URL: url });
    expect(found).toEqual([expect.stringMatching(/^REDIS_URL is not a Redis URL; .*redis:\/\//)]);
  });
});

describe('loadEnvironment', () => {
  const name = 'CHAT_SERVER_CONFIG_TEST';
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'config-'));
    file = join(directory, '.env');
  });
  afterEach(() => {
    delete process.env[name];
    rmSync(directory, { recursive: true });
  });

  it('completes the environment from the file, and leaves the process its own', () => {
    writeFileSync(file, `${name}=from the file\n`);
    process.env[name] = '';
    expect(loadEnvironment(file)[name]).toBe('from the file');
    expect(process.env[name]).toBe('');
    process.env[name] = 'real';
    expect(loadEnvironment(file)[name]).toBe('real');
  });

  it('does without the file, but not with an unreadable one', () => {
    process.env[name] = 'real';
    expect(loadEnvironment(file)[name]).toBe('real');
    expect(() => loadEnvironment(directory)).toThrow(ConfigError);
  });

  it.each<[string, Buffer]>([
    ['UTF-16, as PowerShell writes it', Buffer.from('\ufeffPORT=3002\r\n', 'utf16le')],
    ['UTF-16 without a byte order mark', Buffer.from('PORT=3002\n', 'utf16le')],
    ['big-endian UTF-16', Buffer.from('\ufeffPORT=3002\n', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('JWT_SECRET=geheimnisträger\n', 'latin1')],
  ])('refuses a file in %s', (_kind, bytes) => {
    writeFileSync(file, bytes);
    expect(() => loadEnvironment(file)).toThrow(
      new ConfigError([`The file ${JSON.stringify(file)} is not text in UTF-8; save it as UTF-8.`]),
    );
  });

  it('takes a file in UTF-8 with a byte order mark and with Windows line ends', () => {
    writeFileSync(file, '\ufeffWEB_TITLE=Käse\r\nPORT=3002\r\n');
    expect(loadEnvironment(file)).toMatchObject({ WEB_TITLE: 'Käse', PORT: '3002' });
  });

  it('is the only reader of the process environment', () => {
    const readers = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .filter((path) => /process\s*(\?\.|\.|\[\W)\s*env\b|env\b.*['"](node:)?process['"]/.test(source(path)));
    expect(readers).toEqual(['config/environment.ts']);
  });
});

describe('names that no setting has', () => {
  let directory: string;
  const before = { ...process.env };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    rmSync(directory, { recursive: true });
  });

  /** The warnings for this file and these further variables of the process. */
  function warningsFor(file: string, environment: Record<string, string> = {}): string[] {
    writeFileSync(join(directory, '.env'), file);
    Object.assign(process.env, environment);
    return readNameWarnings(join(directory, '.env')).map((warning) => warning.replace(`${directory}/`, ''));
  }

  it('are listed in one warning for the file, with the setting that is meant, and without a value', () => {
    const file =
      'CORS_ORIGINS=https://hunter2\nRESPONDER_MODLE=m\nPROT=3002\nguest=on\nOTHER_APP=1\nPORT=3003\nEMPTY=\n';
    expect(warningsFor(file)).toEqual([
      '.env has names that are not settings and are ignored: CORS_ORIGINS (did you mean CORS_ORIGIN?), RESPONDER_MODLE ' +
        '(did you mean RESPONDER_MODEL?), PROT (did you mean PORT?), guest (did you mean GUESTS?), OTHER_APP.',
    ]);
  });

  it.each([
    ['CORS_ORIGINS', 'CORS_ORIGIN'],
    ['CORS_ORGINS', 'CORS_ORIGIN'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['RESPONDER_MODLE', 'RESPONDER_MODEL'],
    ['RESPONER', 'RESPONDER'],
    ['JWT_SECRTE', 'JWT_SECRET'],
    ['AUTH_RATE_PER_MINTUE', 'AUTH_RATE_PER_MINUTE'],
    ['cors_origin', 'CORS_ORIGIN'],
  ])('are reported for the environment if they are close to one: %s', (name, meant) => {
    expect(warningsFor('', { [name]: 'hunter2' })).toEqual([
      `The environment has names that are not settings and are ignored: ${name} (did you mean ${meant}?).`,
    ]);
  });

  it('are reported for the environment if they begin with RESPONDER_', () => {
    expect(warningsFor('', { RESPONDER_TEMPERATURE: '1' })).toEqual([
      'The environment has names that are not settings and are ignored: RESPONDER_TEMPERATURE.',
    ]);
  });

  it('are ignored in the environment otherwise, as they belong to other programs', () => {
    const others = [
      'PORTS',
      'HOSTNAME',
      'POST',
      'NODE_IP',
      'NODE_PATH',
      'NODE_OPTIONS',
      'AUTH_TOKEN',
      'AUTH_URL',
      'OAUTH_SECRET',
      'WEB_PORT',
      'WEB_URL',
      'SSH_AUTH_SOCK',
      'DATABASE_HOST',
      'REDIS_HOST',
      'LOG_FILE',
      'GUEST',
    ];
    expect(warningsFor('', Object.fromEntries(others.map((name) => [name, '1'])))).toEqual([]);
  });

  it('are none in the example, without a file, and in the environment of this run', () => {
    expect(warningsFor(readFileSync(join(root, '.env.example'), 'utf8'))).toEqual([]);
    expect(readNameWarnings(join(directory, 'none'))).toEqual([]);
  });
});

function source(path: string): string {
  return readFileSync(join(root, 'src', path), 'utf8');
}

function exampleFile(): Record<string, string> {
  return { ...parse(readFileSync(join(root, '.env.example'), 'utf8')) };
}

describe('WEB_TITLE, WEB_ACCENT and SIGNUP', () => {
  it('are read', () => {
    expect(read({ WEB_TITLE: ' Ada & Söhne 💬 ', WEB_ACCENT: '7A1F5C', SIGNUP: 'off' })).toMatchObject({
      webTitle: 'Ada & Söhne 💬',
      webAccent: '#7a1f5c',
      signUp: false,
    });
    expect(read({ WEB_ACCENT: '#036' }).webAccent).toBe('#003366');
  });

  it.each([
    { WEB_TITLE: 'x'.repeat(61) },
    { WEB_TITLE: 'two\nlines' },
    { SIGNUP: 'no' },
    { WEB_ACCENT: 'green' },
    { WEB_ACCENT: '#12345' },
    { WEB_ACCENT: 'red;}*{display:none' },
  ])('are refused: %j', (env) => {
    expect(problems(env)).toEqual([expect.stringMatching(/^(WEB_TITLE|WEB_ACCENT|SIGNUP) is ".*; it must /)]);
  });

  it('an accent that can’t be read is refused, with the reason and one that can', () => {
    const [problem = ''] = problems({ WEB_ACCENT: '#ffcc00' });
    expect(problem).toMatch(
      /^WEB_ACCENT is #ffcc00, which has a contrast of only 1\.2 to 1 to the page, .* such as #[\da-f]{6}\.$/,
    );
    expect(problems({ WEB_ACCENT: /such as (#\w+)/.exec(problem)?.[1] })).toEqual([]);
  });
});

describe('tokens of the app’s own backend', () => {
  const complete = {
    AUTH_JWKS_URL: 'https://login.example.com/jwks.json',
    AUTH_ISSUER: 'https://login.example.com',
    AUTH_AUDIENCE: 'chat',
  };
  const { AUTH_JWKS_URL: url, ...claims } = complete;

  it('are read', () => {
    const common = { issuer: 'https://login.example.com', audience: 'chat' };
    expect(read(complete).externalAuth).toEqual({ ...common, key: { kind: 'jwks', url } });
    expect(read({ ...claims, AUTH_SECRET: strongSecret }).externalAuth).toEqual({
      ...common,
      key: { kind: 'secret', secret: strongSecret },
    });
  });

  it.each([
    ['http://localhost:3000/jwks'],
    ['http://127.0.0.1/jwks'],
    ['http://10.1.2.3:8080/jwks'],
    ['http://[::1]/jwks'],
    ['http://backend/jwks'],
  ])('may have their keys at %s', (AUTH_JWKS_URL) => {
    expect(problems({ ...complete, AUTH_JWKS_URL })).toEqual([]);
  });

  it.each([
    ['http://login.example.com/jwks'],
    ['http://203.0.113.7/jwks'],
    ['ftp://login.example.com/jwks'],
    ['https://user:password@login.example.com/jwks'],
    ['login.example.com/jwks'],
  ])('may not have their keys at %s', (AUTH_JWKS_URL) => {
    const [problem = '', ...others] = problems({ ...complete, AUTH_JWKS_URL });
    expect(problem).toMatch(/^AUTH_JWKS_URL is .*it must be an https:\/\/ address/);
    expect(problem).not.toContain('password@');
    expect(others).toEqual([]);
  });

  it.each<[NodeJS.ProcessEnv, RegExp]>([
    [{ ...complete, AUTH_SECRET: strongSecret }, /AUTH_JWKS_URL and AUTH_SECRET are both set/],
    [{ ...complete, AUTH_ISSUER: '' }, /AUTH_ISSUER is not set/],
    [{ ...complete, AUTH_AUDIENCE: '' }, /AUTH_AUDIENCE is not set/],
    [{ ...claims }, /they need AUTH_JWKS_URL or AUTH_SECRET/],
    [{ AUTH_AUDIENCE: 'chat' }, /they need AUTH_JWKS_URL or AUTH_SECRET/],
    [
      { ...complete, AUTH_ISSUER: 'smart-chat-server' },
      /AUTH_ISSUER is "smart-chat-server".*it must name your backend/,
    ],
    [{ ...claims, AUTH_SECRET: strongSecret, JWT_SECRET: strongSecret }, /AUTH_SECRET is also in JWT_SECRET/],
    [
      { ...claims, AUTH_SECRET: 'short', JWT_SECRET: strongSecret, NODE_ENV: 'production' },
      /AUTH_SECRET has 5 bytes/,
    ],
  ])('are refused with %j', (env, problem) => {
    expect(problems(env)).toEqual([expect.stringMatching(problem)]);
  });

  it('name both missing claims at once, and warn of a short secret outside production', () => {
    expect(problems({ AUTH_JWKS_URL: url })).toHaveLength(2);
    expect(readConfig({ ...claims, AUTH_SECRET: 'short' }).warnings).toEqual([
      expect.stringMatching(/^AUTH_SECRET has 5 bytes/),
    ]);
  });
});
