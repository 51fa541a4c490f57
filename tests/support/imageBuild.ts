import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildDirectory } from '../../testkit/serverProcess';
import { type Instruction, letIn, readDockerfile, type Stage } from './dockerfile';
import { isLongRun } from './longRun';

const PROJECT = resolve(__dirname, '../..');

/**
 * Does what the Dockerfile says, without Docker: each stage is a folder in `directory`, packages are links to those that are
 * installed. Returns the last stage, and the folder that it is in. Throws where the Dockerfile asks for what isn't there.
 */
export function buildImage(directory: string): { stage: Stage; root: string } {
  const stages = readDockerfile(join(PROJECT, 'Dockerfile'));
  const context = letIn(join(PROJECT, '.dockerignore'), readdirSync(PROJECT));
  for (const stage of stages) {
    const root = join(directory, stage.name);
    mkdirSync(join(root, 'app'), { recursive: true });
    for (const instruction of stage.instructions) perform(instruction, root, directory, context);
  }
  const last = stages.at(-1);
  if (!last) throw new Error('the Dockerfile has no stage');
  return { stage: last, root: join(directory, last.name, 'app') };
}

function perform(
  { name, text }: Instruction,
  root: string,
  directory: string,
  context: readonly string[],
): void {
  if (name === 'COPY') copy(text, root, directory, context);
  else if (name === 'RUN') run(text, join(root, 'app'));
  else if (!['WORKDIR', 'ENV', 'VOLUME', 'USER', 'EXPOSE', 'HEALTHCHECK', 'CMD'].includes(name)) {
    throw new Error(`this build of the image can't ${name}`);
  }
}

function copy(text: string, root: string, directory: string, context: readonly string[]): void {
  const words = text.split(' ');
  const from = /^--from=(.*)$/.exec(words[0] ?? '')?.[1];
  const target = join(root, 'app', words.at(-1) ?? '');
  if (from !== undefined) {
    cpSync(join(directory, from, words[1] ?? ''), target, { recursive: true, verbatimSymlinks: true });
    return;
  }
  const named = words.slice(0, -1);
  const isAll = named[0] === '.';
  for (const source of isAll ? context : named) {
    if (!context.includes(source)) throw new Error(`.dockerignore keeps ${source} out, or it is missing`);
    // Of a folder that is named, Docker copies what is in it.
    const isContents = !isAll && statSync(join(PROJECT, source)).isDirectory();
    cpSync(join(PROJECT, source), isContents ? target : join(target, source), { recursive: true });
  }
}

function run(command: string, cwd: string): void {
  const made = /^mkdir (\w+) && chown \w+:\w+ \1$/.exec(command)?.[1];
  if (command.startsWith('npm ci')) linkPackages(cwd, command.includes('--omit=dev'));
  else if (command === 'npm run build') build(cwd);
  else if (made !== undefined) mkdirSync(join(cwd, made));
  else throw new Error(`this build of the image can't run: ${command}`);
}

/**
 * Builds with what is in the folder. In short runs the server and the page are those that the run has built already: to build them
 * takes as long as all other tests of the image.
 */
function build(cwd: string): void {
  if (isLongRun) {
    execFileSync('npm', ['run', 'build'], { cwd, stdio: 'pipe' });
    return;
  }
  for (const needed of [
    'src/server.ts',
    'client/src/index.ts',
    'web/index.html',
    'scripts/buildWeb.ts',
    'testkit/testing/index.ts',
    'tsconfig.build.json',
    'client/tsconfig.json',
  ])
    statSync(join(cwd, needed));
  cpSync(buildDirectory(), join(cwd, 'dist'), { recursive: true });
}

/** Links what `npm ci` would install there. */
function linkPackages(cwd: string, isForProduction: boolean): void {
  if (!isForProduction) {
    symlinkSync(join(PROJECT, 'node_modules'), join(cwd, 'node_modules'));
    return;
  }
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(
    readFileSync(join(cwd, 'package-lock.json'), 'utf8'),
  );
  for (const [path, { dev = false }] of Object.entries(lock.packages)) {
    if (dev || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    symlinkSync(join(PROJECT, path), join(cwd, path));
  }
}
