import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseVariables } from 'dotenv';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/readConfig';
import { present } from '../contract/storeFixture';
import { describeWith } from '../support/describeWith';
import { newTestFolder } from '../support/testServer';

const PROJECT = resolve(__dirname, '../..');
const HAPROXY = '/usr/sbin/haproxy';
const SECRET = 'k3VYp0mQ7tZr1sWx9uB4nC6dE8fG2hJ5';

interface Service {
  build?: string;
  image?: string;
  environment?: Record<string, string>;
  depends_on?: string[] | Record<string, { condition: string }>;
  configs?: { source: string }[];
  volumes?: string[];
  healthcheck?: object;
}

interface Compose {
  services: Record<string, Service>;
  volumes?: Record<string, unknown>;
  configs?: Record<string, { content: string }>;
}

function readCompose(file: string): Compose {
  return parse(readFileSync(join(PROJECT, file), 'utf8'), { merge: true });
}

/** Puts in the variables as Docker Compose does: `${NAME:-default}` and `${NAME:?what to do}`. */
function interpolate(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\{([A-Z_]+):([-?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const value = variables[name] ?? (kind === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name}: ${rest}`);
    return value;
  });
}

/** The names and settings of the services that run this server. */
function serversIn({ services }: Compose): [string, Record<string, string>][] {
  return Object.entries(services).flatMap(([name, { build, environment = {} }]) => {
    if (build === undefined) return [];
    const entries = Object.entries(environment).map(([key, value]): [string, string] => [
      key,
      interpolate(String(value), { JWT_SECRET: SECRET }),
    ]);
    return [[name, Object.fromEntries(entries)]];
  });
}

/** The services that must run before this one. */
function neededBy({ depends_on = [] }: Service): { name: string; isHealthy: boolean }[] {
  if (Array.isArray(depends_on)) return depends_on.map((name) => ({ name, isHealthy: false }));
  return Object.entries(depends_on).map(([name, { condition }]) => ({
    name,
    isHealthy: condition === 'service_healthy',
  }));
}

describe.each(['compose.yaml', 'compose.fleet.yaml'])('%s', (file) => {
  const compose = readCompose(file);

  test('gives its servers settings that are documented and valid in production', () => {
    const example = readFileSync(join(PROJECT, '.env.example'), 'utf8');
    const known = Object.keys(parseVariables(example.replaceAll(/^# (?=[A-Z_]+=)/gm, '')));
    const servers = serversIn(compose);
    expect(servers.length).toBeGreaterThan(0);
    for (const [, environment] of servers) {
      expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
      expect(readConfig({ ...environment, NODE_ENV: 'production' }).warnings).toEqual([]);
    }
  });

  test('asks for a secret', () => {
    const [server] = Object.values(compose.services).filter(({ build }) => build !== undefined);
    expect(() => interpolate(server?.environment?.JWT_SECRET ?? '', {})).toThrow(
      /^JWT_SECRET: set JWT_SECRET/,
    );
  });

  test('uses only services, volumes and configurations that it defines', () => {
    const { services, volumes = {}, configs = {} } = compose;
    const all = Object.values(services);
    const stored = all.flatMap((service) => (service.volumes ?? []).map((volume) => volume.split(':')[0]));
    const sources = all.flatMap((service) => (service.configs ?? []).map(({ source }) => source));
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(all.flatMap(neededBy).map(({ name }) => name)),
    );
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(stored));
    expect(Object.keys(configs)).toEqual(expect.arrayContaining(sources));
  });

  test('waits only for the health of what reports it', () => {
    const { services } = compose;
    const awaited = Object.values(services)
      .flatMap(neededBy)
      .filter(({ isHealthy }) => isHealthy);
    expect(awaited.length).toBeGreaterThan(0);
    for (const { name } of awaited) expect(services[name]?.healthcheck).toBeDefined();
  });
});

describe('compose.fleet.yaml', () => {
  const compose = readCompose('compose.fleet.yaml');
  const nodes = serversIn(compose);
  const balancer = present(compose.configs?.haproxy).content;

  test('runs three nodes on the same database and Redis, each with a name of its own', () => {
    expect(nodes.map(([, { NODE_ID }]) => NODE_ID)).toEqual(nodes.map(([name]) => name));
    expect(nodes).toHaveLength(3);
    const shared = nodes.map(([, { NODE_ID: _, ...rest }]) => JSON.stringify(rest));
    expect(new Set(shared).size).toBe(1);
    const [[, { DATABASE_URL = '', REDIS_URL = '' }] = ['', {}]] = nodes;
    for (const url of [DATABASE_URL, REDIS_URL]) {
      expect(Object.keys(compose.services)).toContain(new URL(url).hostname);
    }
  });

  test('routes the requests of a connection to its node', () => {
    for (const [name, { PORT = '3001' }] of nodes) {
      expect(balancer).toContain(`use-server ${name} if { urlp(sid) -m beg ${name}. }`);
      expect(balancer).toMatch(new RegExp(`^ *server ${name} ${name}:${PORT} check`, 'm'));
    }
  });

  const missing = existsSync(HAPROXY) ? null : 'haproxy is not installed: run "apt-get install haproxy".';
  describeWith(missing, 'its HAProxy', () => {
    test('accepts the configuration', () => {
      const file = join(newTestFolder(), 'haproxy.cfg');
      // The names of the nodes are known only to Docker.
      writeFileSync(file, balancer.replaceAll(/(?<=server \S+ )\S+(?=:\d)/g, '127.0.0.1'));
      expect(() => execFileSync(HAPROXY, ['-c', '-f', file])).not.toThrow();
    });
  });
});
