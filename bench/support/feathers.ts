import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromSource, startProcess } from '../../testkit/serverProcess';
import type { Rival } from './turns';

const VERSION = '5.0.50';
const PACKAGES = [`@feathersjs/feathers@${VERSION}`, `@feathersjs/socketio@${VERSION}`];

/** Installs Feathers in this folder: it is no dependency of the project. Rejects if npm can't reach its registry. */
export async function installFeathers(directory: string): Promise<Rival> {
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0'];
  await promisify(execFile)('npm', ['install', '--prefix', directory, ...options, ...PACKAGES]);
  const program = fromSource(join(__dirname, 'feathersServer.ts'));
  return {
    name: `Feathers ${VERSION}`,
    start: (folder) => startProcess(folder, {}, [...program, directory]),
    dialect: { send: '"create","messages"', echo: '"messages created"' },
  };
}
