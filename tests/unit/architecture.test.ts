import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** The roots whose imports are checked. */
const ROOTS = ['src', 'client/src', 'web'];

/** The parts that each part may import. A part is a folder or file of `src`, or another root, or `web/docs`. Types count too. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/domain': [],
  'src/config': ['src/domain', 'src/utils'],
  'src/utils': ['src/domain'],
  'src/metrics': ['src/domain', 'src/sockets/socketMeter', 'src/stores/instrumented'],
  'src/models': ['src/domain'],
  'src/stores': ['src/config', 'src/domain', 'src/models', 'src/utils'],
  'src/responders': ['src/domain'],
  'src/services': ['src/domain', 'src/responders', 'src/stores/chatStore', 'src/utils'],
  'src/middleware': ['src/domain', 'src/services', 'src/utils'],
  'src/controllers': ['src/domain', 'src/middleware', 'src/services', 'src/utils'],
  'src/routes': ['src/apiDocs', 'src/controllers', 'src/domain', 'src/middleware', 'src/utils'],
  'src/apiDocs': ['src/domain'],
  'src/sockets': ['src/domain', 'src/services', 'src/utils'],
  'src/admin': ['src/config', 'src/domain', 'src/models', 'src/stores', 'src/utils'],
  client: ['src/domain'],
  web: ['client', 'src/domain'],
  'web/docs': ['src/apiDocs/documents', 'src/apiDocs/jsonSchema', 'src/domain'],
};

/** Files of `src` that put parts together, and so may import any. */
const COMPOSING = ['src/app', 'src/application', 'src/index', 'src/server'];

/** Packages that only these parts may import. */
const ONLY_IN: Record<string, readonly string[]> = {
  express: ['src/app', 'src/middleware', 'src/controllers', 'src/routes'],
  'express-validator': ['src/middleware', 'src/routes'],
  'validator/lib/isEmail': ['src/domain'],
  'socket.io': ['src/sockets'],
  'socket.io-client': ['client'],
  preact: ['web', 'web/docs'],
  'preact/hooks': ['web'],
  mongoose: ['src/admin', 'src/models', 'src/stores'],
  'node:sqlite': ['src/stores'],
  '@photostructure/sqlite': ['src/stores'],
  jsonwebtoken: ['src/services'],
  bcryptjs: ['src/services'],
  piscina: ['src/services'],
  dotenv: ['src/config'],
  'prom-client': ['src/metrics'],
};

interface Import {
  file: string;
  part: string;
  /** A file without its extension, or the name of a package. */
  target: string;
}

const imports = ROOTS.flatMap(filesIn).flatMap(importsOf);

test('every import follows the arrows', () => {
  const wrong = imports.filter(({ part, target }) => {
    const allowed = MAY_IMPORT[part];
    if (!allowed || partOf(target) === part || !isOurs(target)) return false;
    return !allowed.some((place) => target === place || target.startsWith(`${place}/`));
  });
  expect(wrong).toEqual([]);
});

test('every part has its arrows', () => {
  const parts = new Set(imports.map(({ part }) => part));
  expect([...parts].filter((part) => !(part in MAY_IMPORT) && !COMPOSING.includes(part))).toEqual([]);
});

test('packages are imported only where they belong', () => {
  const wrong = imports.filter(({ part, target }) => ONLY_IN[target] && !ONLY_IN[target].includes(part));
  expect(wrong).toEqual([]);
});

test('the rendered reference imports only types of the documents', () => {
  const files = filesIn('web/docs').map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
  const users = files.filter(({ text }) => text.includes('/src/apiDocs/'));
  expect(users.length).toBeGreaterThan(0);
  const values = users.filter(({ text }) => /^import (?!type )[^;]*\/src\/apiDocs\//m.test(text));
  expect(values.map(({ file }) => file)).toEqual([]);
});

test('the check finds imports', () => {
  expect(imports).toContainEqual({ file: 'src/app.ts', part: 'src/app', target: 'express' });
  expect(imports.filter(({ target }) => isOurs(target)).length).toBeGreaterThan(100);
});

function filesIn(root: string): string[] {
  return readdirSync(join(ROOT, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?tsx?$/.test(file))
    .map((file) => join(root, file));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*'([^']+)'/g);
  return Array.from(found, ([, name = '']) => ({ file, part: partOf(file), target: targetOf(file, name) }));
}

function targetOf(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  return relative(ROOT, resolve(ROOT, dirname(file), name));
}

function isOurs(target: string): boolean {
  return ROOTS.some((root) => target.startsWith(`${root.split('/')[0]}/`));
}

function partOf(path: string): string {
  const [root = '', name = ''] = path.split('/');
  if (root === 'web' && name === 'docs') return 'web/docs';
  return root === 'src' ? `${root}/${name.replace(/\.ts$/, '')}` : root;
}
