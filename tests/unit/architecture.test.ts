import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SOURCE = resolve(__dirname, '../../src');

/** Which folders (or files) of `src` each one may import: the arrows of the house. Types count too. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  config: ['utils'],
  utils: ['domain'],
  metrics: ['domain'],
  models: ['domain'],
  stores: ['domain', 'models', 'utils', 'config'],
  responders: ['domain'],
  services: ['domain', 'stores/chatStore', 'responders', 'utils'],
  middleware: ['domain', 'services', 'utils'],
  controllers: ['domain', 'services', 'stores/chatStore', 'middleware', 'utils'],
  routes: ['domain', 'controllers', 'middleware', 'apiDocs', 'utils'],
  apiDocs: ['domain', 'sockets/events'],
  sockets: ['domain', 'services', 'utils'],
  client: ['domain', 'sockets/events'],
  web: ['domain', 'client'],
  app: ['middleware', 'utils'],
  commands: ['config', 'domain', 'stores', 'utils'],
};

/** Packages that only these parts know. */
const ONLY_IN: Record<string, readonly string[]> = {
  express: ['app', 'middleware', 'controllers', 'routes'],
  'express-validator': ['middleware', 'routes'],
  'socket.io': ['sockets'],
  'socket.io-client': ['client'],
  preact: ['web'],
  'preact/hooks': ['web'],
  mongoose: ['models', 'stores'],
  'node:sqlite': ['stores'],
  '@photostructure/sqlite': ['stores'],
  jsonwebtoken: ['services'],
  bcryptjs: ['services'],
  dotenv: ['config'],
};

interface Import {
  file: string;
  /** The folder of `src` that the file is in, or the file itself. */
  part: string;
  target: string;
}

const imports = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .flatMap(importsOf);

test('every import points along the arrows', () => {
  const wrong = imports.filter(({ part, target }) => {
    const allowed = MAY_IMPORT[part];
    if (!allowed || !target.startsWith('src/')) return false;
    const path = target.slice('src/'.length);
    return partOf(path) !== part && !allowed.some((place) => path === place || path.startsWith(`${place}/`));
  });
  expect(wrong).toEqual([]);
});

test('every folder has its arrows', () => {
  const parts = new Set(imports.map(({ part }) => part));
  const composing = ['apiRoutes', 'application', 'server', 'migrate', 'startTexts', 'healthCheck'];
  expect([...parts].filter((part) => !(part in MAY_IMPORT) && !composing.includes(part))).toEqual([]);
});

test('packages are known only where they belong', () => {
  const wrong = imports.filter(({ part, target }) => ONLY_IN[target] && !ONLY_IN[target].includes(part));
  expect(wrong).toEqual([]);
});

test('imports are found at all', () => {
  expect(imports).toContainEqual({ file: 'app.ts', part: 'app', target: 'express' });
  expect(imports.filter(({ target }) => target.startsWith('src/')).length).toBeGreaterThan(100);
});

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*'([^']+)'/g);
  return Array.from(found, ([, name = '']) => ({
    file,
    part: partOf(file),
    target: name.startsWith('.') ? `src/${relative(SOURCE, resolve(SOURCE, dirname(file), name))}` : name,
  }));
}

function partOf(path: string): string {
  return (path.split('/')[0] ?? path).replace(/\.ts$/, '');
}
