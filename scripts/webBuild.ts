import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { type BuildOptions, build, context, type OutputFile, type Plugin, type PluginBuild } from 'esbuild';

const ROOT = resolve(__dirname, '..');
/** esbuild needs an output folder to name the files that it returns. */
const VIRTUAL = join(ROOT, 'dist/web');

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  outdir: VIRTUAL,
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
  logLevel: 'warning',
};

/** What is loaded later, and what of the page is loaded before it. */
const LOADED_BEFORE: Record<string, string> = { 'Chat.tsx': '../App', 'allDialogs.ts': '../chat/Chat' };

/**
 * Divides the page into one file for each time of loading. Otherwise what they share is in further files, and many files compress worse
 * than few.
 */
const FEW_FILES: Plugin = {
  name: 'few-files',
  setup(build) {
    build.onLoad({ filter: /[/\\](Chat\.tsx|allDialogs\.ts)$/ }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\nimport '${LOADED_BEFORE[basename(path)]}';`,
      loader: 'tsx',
    }));
  },
};

/** The chat page. The names of its assets contain a hash of their content, so that browsers may cache them forever. */
const PAGE: BuildOptions = {
  ...COMMON,
  entryPoints: {
    index: 'web/index.html',
    notFound: 'web/notFound.html',
    main: 'web/main.tsx',
    manifest: 'web/manifest.webmanifest',
    icon: 'web/icons/icon.svg',
    'icon-192': 'web/icons/icon-192.png',
    'icon-512': 'web/icons/icon-512.png',
    'icon-maskable': 'web/icons/icon-maskable.png',
  },
  entryNames: 'assets/[name]-[hash]',
  chunkNames: 'assets/[name]-[hash]',
  splitting: true,
  loader: { '.html': 'copy', '.webmanifest': 'copy', '.svg': 'copy', '.png': 'copy' },
  plugins: [FEW_FILES],
};

/** Files with stable names: the client library as one module, the style sheet of the API reference, and the icon for iOS. */
const STABLE: BuildOptions = {
  ...COMMON,
  entryPoints: {
    client: 'client/src/index.ts',
    'docs/style': 'web/docs/docs.css',
    'apple-touch-icon': 'web/icons/apple-touch-icon.png',
  },
  loader: { '.png': 'copy' },
};

/** The script that the page runs before it is drawn. It blocks the page, so it is no module. */
const EARLY: BuildOptions = {
  ...COMMON,
  entryPoints: { early: 'web/early.ts' },
  entryNames: 'assets/[name]-[hash]',
  format: 'iife',
};

/** The script of the API reference. */
const DOCS_SCRIPT: BuildOptions = {
  ...COMMON,
  entryPoints: { 'docs/script': 'web/docs/docs.ts' },
  format: 'iife',
};

/** The client library for a classic script tag: it sets the global `SmartChat`. */
const CLIENT_SCRIPT: BuildOptions = {
  ...COMMON,
  entryPoints: { 'chat-client.global': 'client/src/index.ts' },
  format: 'iife',
  globalName: 'SmartChat',
};

/** The program that renders the API reference. */
const DOCS: BuildOptions = {
  ...COMMON,
  entryPoints: { docs: 'scripts/docsPage.ts' },
  platform: 'node',
  format: 'cjs',
  target: 'node20',
};

/** The program that writes the other files of the documentation. */
const DOCS_FILES: BuildOptions = { ...DOCS, entryPoints: { files: 'scripts/docsFiles.ts' } };

const BUILDS = [PAGE, EARLY, STABLE, DOCS_SCRIPT, CLIENT_SCRIPT, DOCS, DOCS_FILES];

type Output = readonly OutputFile[];

/** Builds the files that the server serves: the chat page, the client library and the API reference. */
export async function buildWeb(directory: string): Promise<void> {
  const results = await Promise.all(BUILDS.map((options) => build({ ...options, write: false })));
  await writeFiles(
    directory,
    results.map(({ outputFiles }) => outputFiles),
  );
}

/** Builds them and follows every change of a source file. `onBuilt` is called each time the files are written. */
export async function watchWeb(directory: string, onBuilt: () => Promise<void>): Promise<void> {
  const latest = new Map<BuildOptions, Output>();
  let writing = Promise.resolve();
  for (const options of BUILDS) {
    const setup = (build: PluginBuild) =>
      build.onEnd(({ outputFiles, errors }) => {
        if (errors.length > 0) return;
        latest.set(options, outputFiles ?? []);
        if (latest.size < BUILDS.length) return;
        const outputs = BUILDS.map((each) => latest.get(each) ?? []);
        writing = writing.then(() => writeFiles(directory, outputs)).then(onBuilt, reportFailure);
      });
    const watched = await context({
      ...options,
      plugins: [...(options.plugins ?? []), { name: 'write-web-files', setup }],
    });
    await watched.watch();
  }
}

function reportFailure(error: unknown): void {
  process.stderr.write(`The web files could not be built: ${error}\n`);
}

/** Writes `index.html` last: once it is there, so is everything that it loads. */
async function writeFiles(
  directory: string,
  [
    page = [],
    early = [],
    stable = [],
    docsScript = [],
    clientScript = [],
    docs = [],
    docsFiles = [],
  ]: Output[],
): Promise<void> {
  const assets = [...page, ...early].filter(({ path }) => !isAdapted(path));
  const named = (name: string) => {
    const file = page.find(({ path }) => isAdapted(path) && basename(path).startsWith(`${name}-`));
    return withHashedNames(file?.text ?? '', assets);
  };
  await rm(join(directory, 'assets'), { recursive: true, force: true });
  for (const { path, contents } of [...assets, ...stable, ...docsScript, ...clientScript]) {
    await writeCompressed(join(directory, relative(VIRTUAL, path)), contents);
  }
  await writeCompressed(join(directory, 'docs/index.html'), await runProgram(docs[0]?.text ?? ''));
  const files: Record<string, string> = JSON.parse(await runProgram(docsFiles[0]?.text ?? ''));
  for (const [path, text] of Object.entries(files)) await writeCompressed(join(directory, path), text);
  await writeCompressed(join(directory, 'notFound.html'), named('notFound'));
  await writeCompressed(join(directory, 'manifest.webmanifest'), named('manifest'));
  await writeCompressed(join(directory, 'index.html'), withPreloads(named('index'), assets));
}

/** Files that the server adapts to its settings, which contain the names of assets. */
function isAdapted(path: string): boolean {
  return /\.(html|webmanifest)$/.test(path);
}

/** Replaces the asset names in a text, such as `/assets/main.js`, by those with a hash. */
function withHashedNames(template: string, assets: Output): string {
  const names = assets.map(({ path }) => basename(path));
  return names.reduce(
    (text, hashed) =>
      text.replaceAll(`/assets/${hashed.replace(/-[A-Z0-9]{8}\./, '.')}`, `/assets/${hashed}`),
    template,
  );
}

/** Loads the files that the main program imports at once with it, not after it. What is loaded later is not among them. */
function withPreloads(html: string, assets: Output): string {
  const preloads = staticImports('main', assets).map(
    (name) => `<link rel="modulepreload" href="/assets/${name}">\n  `,
  );
  return html.replace('</head>', `${preloads.join('')}</head>`);
}

/** The names of the files that a program needs to start, such as `chunk-ABCDEFGH.js`. */
function staticImports(program: string, assets: Output): string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    const file = assets.find(({ path }) => basename(path).startsWith(name) && path.endsWith('.js'));
    for (const [, imported = ''] of file?.text.matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g) ?? []) {
      if (found.has(imported)) continue;
      found.add(imported);
      visit(imported);
    }
  };
  visit(`${program}-`);
  return [...found];
}

/** Runs a program in a process of its own and returns its output. */
async function runProgram(source: string): Promise<string> {
  const running = promisify(execFile)(process.execPath, ['-'], { cwd: ROOT, maxBuffer: 10_000_000 });
  running.child.stdin?.end(source);
  return (await running).stdout;
}

/** Writes a file that the server serves, in each content coding. */
export async function writeCompressed(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await Promise.all([
    writeFile(path, content),
    writeFile(`${path}.br`, await promisify(brotliCompress)(content)),
    writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 })),
  ]);
}
