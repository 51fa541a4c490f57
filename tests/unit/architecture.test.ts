import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** The roots whose imports follow arrows. */
const ROOTS = ['src', 'client/src', 'web', 'testkit', 'bench', 'scripts', 'examples'];

/** The parts that each part may import. A part is a folder or file of `src`, or another root, or `web/docs`. Types count too. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/domain': [],
  'src/config': ['src/domain', 'src/utils'],
  'src/utils': ['src/domain'],
  'src/metrics': [
    'src/domain',
    'src/fleet/fleet',
    'src/services/replies/usage',
    'src/sockets/socketReports',
    'src/stores/instrumented',
    'src/utils',
  ],
  'src/models': ['src/domain'],
  'src/stores': ['src/config', 'src/domain', 'src/models', 'src/utils'],
  'src/responders': ['src/config', 'src/domain'],
  'src/services': ['src/domain', 'src/responders', 'src/stores/chatStore', 'src/utils'],
  'src/fleet': ['src/domain', 'src/services', 'src/stores/chatStore', 'src/stores/fleetStore', 'src/utils'],
  'src/middleware': ['src/domain', 'src/services', 'src/utils'],
  'src/controllers': ['src/domain', 'src/middleware', 'src/services', 'src/utils'],
  'src/routes': ['src/apiDocs', 'src/controllers', 'src/domain', 'src/middleware', 'src/utils'],
  'src/apiDocs': ['src/domain'],
  'src/sockets': ['src/domain', 'src/fleet', 'src/services', 'src/utils'],
  'src/admin': ['src/config', 'src/domain', 'src/models', 'src/services', 'src/stores', 'src/utils'],
  client: ['src/domain'],
  web: ['client', 'src/domain'],
  testkit: [
    'src/application',
    'src/config',
    'src/domain',
    'src/responders/responder',
    'src/stores/chatStore',
    'src/stores/open',
    'src/utils/logger',
  ],
  bench: ['src/application', 'src/config', 'src/stores/sqlite/driver', 'testkit'],
  scripts: [
    'src/apiDocs',
    'src/demo',
    'src/application',
    'src/config',
    'src/responders/responder',
    'testkit',
    'web/docs',
  ],
  examples: ['client'],
  'web/docs': ['src/apiDocs/documents', 'src/apiDocs/jsonSchema', 'src/domain'],
};

/** Files of `src` that put parts together, and so may import any. */
const COMPOSING = ['src/app', 'src/application', 'src/cli', 'src/demo', 'src/index', 'src/server'];

/** Packages that only these parts may import. */
const ONLY_IN: Record<string, readonly string[]> = {
  express: ['src/app', 'src/middleware', 'src/controllers', 'src/routes'],
  'express-validator': ['src/middleware', 'src/routes'],
  'validator/lib/isEmail': ['src/domain'],
  'socket.io': ['src/sockets', 'bench'],
  'socket.io-client': ['client', 'src/admin', 'testkit'],
  '@babel/parser': ['scripts'],
  preact: ['web', 'web/docs', 'scripts'],
  'preact/hooks': ['web'],
  marked: ['web'],
  'sugar-high/core': ['web'],
  'sugar-high/lang': ['web'],
  mongoose: ['src/admin', 'src/models', 'src/stores', 'testkit'],
  'node:sqlite': ['src/stores'],
  '@photostructure/sqlite': ['src/stores'],
  jsonwebtoken: ['src/services'],
  bcryptjs: ['src/services'],
  piscina: ['src/services'],
  dotenv: ['src/config'],
  '@redis/client': ['src/fleet'],
  'rate-limiter-flexible': ['src/fleet'],
  'prom-client': ['src/metrics'],
  'eventsource-parser': ['src/responders'],
};

interface Import {
  file: string;
  part: string;
  /** A file without its extension, or the name of a package. */
  target: string;
}

const imports = ROOTS.flatMap(filesIn).flatMap(importsOf);
const allFiles = [...ROOTS, 'tests'].flatMap(filesIn);
const known = new Set(allFiles);

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

test('no files import each other in a cycle', () => {
  const targets = new Map(
    allFiles.map((file) => [file, importsOf(file).flatMap(({ target }) => fileOf(target))]),
  );
  expect(cyclesIn(targets)).toEqual([]);
  const withCycle = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', []],
  ]);
  expect(cyclesIn(withCycle)).toEqual([['a', 'b', 'c']]);
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
  expect(imports).toContainEqual({ file: 'bench/rows/kill.ts', part: 'bench', target: 'testkit/random' });
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
  return [...ROOTS, 'tests'].some((root) => target.startsWith(`${root.split('/')[0]}/`));
}

/** The file that an import names, as a list; empty for a package or a file of another kind. */
function fileOf(target: string): string[] {
  return ['.ts', '.tsx', '/index.ts', ''].map((end) => target + end).filter((file) => known.has(file));
}

/** The groups of files of which each imports all others, directly or through others (Tarjan's algorithm). */
function cyclesIn(targets: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const indexes = new Map<string, number>();
  const stack: string[] = [];

  /** Returns the lowest index on the stack that the file reaches. */
  function visit(file: string): number {
    const index = indexes.size;
    indexes.set(file, index);
    stack.push(file);
    const reached = (targets.get(file) ?? []).map((target) => {
      const seen = indexes.get(target);
      if (seen === undefined) return visit(target);
      return stack.includes(target) ? seen : index;
    });
    const lowest = Math.min(index, ...reached);
    if (lowest === index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1) cycles.push(group.sort());
    }
    return lowest;
  }

  for (const file of targets.keys()) if (!indexes.has(file)) visit(file);
  return cycles;
}

function partOf(path: string): string {
  const [root = '', name = ''] = path.split('/');
  if (root === 'web' && name === 'docs') return 'web/docs';
  return root === 'src' ? `${root}/${name.replace(/\.ts$/, '')}` : root;
}
