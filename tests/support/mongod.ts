import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { DryMongoBinary, MongoBinary, MongoMemoryServer } from 'mongodb-memory-server';
import { freeze } from '../../testkit/serverProcess';
import { type MongoProcess, START_LIMIT_MS } from './mongoProcess';

const DOWNLOAD_HOST = 'https://fastdl.mongodb.org';
const PROBE_LIMIT_MS = 4_000;

/** Path of a `mongod`: cached, installed, or downloaded. Rejects if none can be found or downloaded. */
export async function findMongod(): Promise<string> {
  return (await cachedMongod()) ?? systemMongod() ?? (await downloadMongod());
}

/** Starts the `mongod` on loopback, with its data in a temporary directory. */
export async function startMongod(binary: string): Promise<MongoProcess> {
  const server = await MongoMemoryServer.create({
    binary: { systemBinary: binary, checkMD5: false },
    instance: { ip: '127.0.0.1', storageEngine: 'wiredTiger', launchTimeout: START_LIMIT_MS },
  });
  const child = server.instanceInfo?.instance.mongodProcess;
  if (!child) throw new Error('mongod did not start');
  return {
    url: server.getUri(),
    pause: () => freeze(child),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGCONT');
      await server.stop();
    },
  };
}

function cachedMongod(): Promise<string | undefined> {
  return DryMongoBinary.locateBinary(DryMongoBinary.getEnsuredOptions());
}

function systemMongod(): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'mongod'));
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function downloadMongod(): Promise<string> {
  await probeDownloadHost();
  // Without retries, as the stand-in is there if the download fails.
  process.env.MONGOMS_MAX_RETRIES ??= '1';
  return MongoBinary.getPath();
}

/** Rejects quickly where packets to the host are dropped. Behind a proxy only the download itself can find out. */
async function probeDownloadHost(): Promise<void> {
  const { env } = process;
  if (env.https_proxy ?? env.HTTPS_PROXY ?? env.http_proxy ?? env.HTTP_PROXY) return;
  const { hostname, port } = new URL(env.MONGOMS_DOWNLOAD_MIRROR ?? DOWNLOAD_HOST);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 443), timeout: PROBE_LIMIT_MS });
    socket.once('connect', () => resolve(void socket.destroy()));
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`${hostname} does not answer`)));
  });
}
