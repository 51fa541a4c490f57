import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../../testkit/serverProcess';

const NGINX = '/usr/sbin/nginx';
const DEPLOYMENT = resolve(__dirname, '../../docs/deployment.md');

/** Says what to install if nginx is missing, otherwise null. */
export function missingNginx(): string | null {
  return existsSync(NGINX) ? null : 'nginx is not installed: run "apt-get install nginx-light".';
}

export interface Nginx {
  /** The address of the recipe's HTTPS server, which speaks plain HTTP here. */
  url: string;
  /** The address of the server that redirects to HTTPS. */
  redirectingUrl: string;
  stop(): Promise<void>;
}

/** Runs the recipe of docs/deployment.md in front of the server at this host and port. `upstream` are more lines of its upstream block. */
export async function startNginx(directory: string, host: string, upstream = ''): Promise<Nginx> {
  const [port, redirectingPort] = [await freePort(), await freePort()];
  const recipe = replaceAll(nginxRecipe(), [
    ['server 127.0.0.1:3001;', `server ${host};`],
    ['keepalive 64;', `keepalive 64; ${upstream}`],
    ['listen 80;', `listen 127.0.0.1:${redirectingPort};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${port};`],
    ['ssl_certificate ', '# '],
    ['ssl_certificate_key ', '# '],
  ]);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid ${join(directory, 'nginx.pid')}; error_log stderr notice;
     events {} http { access_log off; ${paths.join(' ')}\n${recipe}\n}`,
  );
  const stop = await runNginx(directory);
  return { url: `http://127.0.0.1:${port}`, redirectingUrl: `http://127.0.0.1:${redirectingPort}`, stop };
}

function nginxRecipe(): string {
  const [, recipe] = /```nginx\n(.*?)```/s.exec(readFileSync(DEPLOYMENT, 'utf8')) ?? [];
  if (recipe === undefined) throw new Error(`${DEPLOYMENT} has no recipe for nginx`);
  return recipe;
}

function replaceAll(text: string, changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`The recipe for nginx has no ${from}`);
    return changed.replace(from, to);
  }, text);
}

/** Resolves with the function that stops it, once it listens. */
async function runNginx(directory: string): Promise<() => Promise<void>> {
  const child = spawn(NGINX, ['-p', directory, '-c', join(directory, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      printed += String(chunk);
      if (printed.includes('event method')) resolve();
    });
    exited.then(() => reject(new Error(`nginx has ended:\n${printed}`)), reject);
  });
  return async () => {
    child.kill('SIGTERM');
    await exited;
  };
}
