import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe } from 'vitest';
import { redisConfigSchema, type RedisConfig, type RedisNode } from '../../src/redis/config.ts';
import { freePort, freePorts } from './free-ports.ts';
import { skipped } from './skipped.ts';

/*
 * Real Redis from PATH, on free ports of the loopback address: plain, with a password, with TLS, a primary and a
 * replica watched by a Sentinel, a Cluster of three. Everything ends with `stop()`.
 */

/** A suite that needs a program; where it is missing the suite is skipped loudly, or in CI fails. */
export function describeWith(programs: readonly string[], name: string, suite: () => void): void {
  const missing = programs.filter((program) => !installed(program));
  if (missing.length === 0) return void describe(name, suite);
  skipped(`${missing.join(', ')} not found on PATH, which "${name}" needs`);
  describe.skip(name, suite);
}

function installed(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface RedisServer {
  readonly config: RedisConfig;
  readonly node: RedisNode;
  /** Where its files are; with `tls`: `ca.crt`, `server.crt` and `server.key`. */
  readonly folder: string;
  /** A plain connection for the test's own questions. */
  readonly admin: () => Redis;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, with what is left in its directory. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface RedisServerOptions {
  readonly password?: string;
  /** Where it listens; without, a free port. */
  readonly port?: number;
  readonly tls?: boolean;
  /** Only clients with a certificate of the same authority; with `tls`. */
  readonly clientCertificates?: boolean;
  /** More lines of configuration, `['maxmemory', '20mb']`. */
  readonly settings?: readonly (readonly [string, string])[];
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-redis-'));
  const node = { host: '127.0.0.1', port: options.port ?? (await freePort()) };
  const pem = options.tls === true ? makeCertificates(dir) : undefined;
  const listen =
    pem === undefined
      ? [['port', String(node.port)]]
      : [
          ['port', '0'],
          ['tls-port', String(node.port)],
          ['tls-cert-file', join(dir, 'server.crt')],
          ['tls-key-file', join(dir, 'server.key')],
          ['tls-ca-cert-file', join(dir, 'ca.crt')],
          ['tls-auth-clients', options.clientCertificates === true ? 'yes' : 'no'],
        ];
  const settings = [
    ...listen,
    ['bind', '127.0.0.1'],
    ['dir', dir],
    ['save', '""'],
    ...(options.password === undefined ? [] : [['requirepass', options.password]]),
    ...(options.settings ?? []),
  ];
  writeFileSync(join(dir, 'redis.conf'), settings.map((line) => line.join(' ')).join('\n'));
  const clientSide = pem && {
    ca: pem.ca,
    ...(options.clientCertificates === true && { cert: pem.cert, key: pem.key }),
  };
  const config = redisConfigSchema.parse({
    target: { kind: 'single', node },
    ...(options.password !== undefined && { password: options.password }),
    ...(pem && { tls: clientSide }),
  });
  const server = new Process(join(dir, 'redis.conf'), []);
  const admins: Redis[] = [];
  const admin = (): Redis => {
    const client = new Redis({
      ...node,
      ...(options.password !== undefined && { password: options.password }),
      ...(clientSide && { tls: clientSide }),
    });
    client.on('error', () => undefined);
    admins.push(client);
    return client;
  };
  const start = async (): Promise<void> => {
    server.start();
    const probe = admin();
    await Promise.race([probe.ping(), server.ended()]);
    probe.disconnect();
  };
  await start();
  return {
    config,
    node,
    folder: dir,
    admin,
    start,
    kill: () => server.kill(),
    stop: async () => {
      for (const client of admins) client.disconnect();
      await server.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface SentinelTopology extends RedisTopology {
  /** As a person asks a Sentinel for it. */
  readonly failOver: () => Promise<void>;
}

export interface RedisTopology {
  readonly config: RedisConfig;
  readonly servers: readonly RedisServer[];
  readonly stop: () => Promise<void>;
}

/** A primary (the first of `servers`), a replica, and a Sentinel that fails over within about two seconds. */
export async function startSentinel(password: string, sentinelPassword?: string): Promise<SentinelTopology> {
  const primary = await startRedis({ password, settings: [['masterauth', password]] });
  const replica = await startRedis({
    password,
    settings: [
      ['masterauth', password],
      ['replicaof', `127.0.0.1 ${primary.node.port}`],
      ['repl-diskless-sync-delay', '0'],
    ],
  });
  const dir = mkdtempSync(join(tmpdir(), 'postern-sentinel-'));
  const port = await freePort();
  const conf = join(dir, 'sentinel.conf');
  writeFileSync(
    conf,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor main 127.0.0.1 ${primary.node.port} 1`,
      `sentinel auth-pass main ${password}`,
      'sentinel down-after-milliseconds main 800',
      // Twice this lies between two attempts: one that finds the replica standing still, too, is given up.
      'sentinel failover-timeout main 1000',
      ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`]),
    ].join('\n'),
  );
  const sentinel = new Process(conf, ['--sentinel']);
  sentinel.start();
  const login = sentinelPassword === undefined ? {} : { password: sentinelPassword };
  const probe = new Redis({ port, host: '127.0.0.1', ...login });
  probe.on('error', () => undefined);
  await until('the Sentinel answers', () => probe.ping().then(Boolean, () => false), 15_000);
  // A Sentinel that has stood still for two seconds does nothing for thirty more, unless it is told otherwise. If the
  // primary dies in the meantime, it finds the replica out of touch for too long, and never fails over.
  await probe.call('SENTINEL', 'DEBUG', 'tilt-trigger', '600000', 'tilt-period', '1');
  await until(
    'the Sentinel knows the replica',
    async () => String(await probe.call('SENTINEL', 'REPLICAS', 'main')).includes('master-link-status,ok'),
    15_000,
  );
  probe.disconnect();
  return {
    config: redisConfigSchema.parse({
      target: { kind: 'sentinel', master: 'main', sentinels: [{ host: '127.0.0.1', port }] },
      password,
      ...(sentinelPassword !== undefined && { sentinelPassword }),
    }),
    servers: [primary, replica],
    failOver: async () => {
      const client = new Redis({ port, host: '127.0.0.1', ...login });
      // One that was asked for is not tried again: it gets its time.
      await client.call('SENTINEL', 'SET', 'main', 'failover-timeout', '60000');
      await client.call('SENTINEL', 'FAILOVER', 'main');
      client.disconnect();
    },
    stop: async () => {
      await sentinel.kill();
      await Promise.all([primary.stop(), replica.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Three primaries, the first of `servers`; with `replicas` three more, one of each. */
export async function startCluster({ replicas = false } = {}): Promise<RedisTopology> {
  const count = replicas ? 6 : 3;
  const ports = await freePorts(2 * count);
  const servers = await Promise.all(
    ports.slice(count).map((port, at) =>
      startRedis({
        port,
        settings: [
          ['cluster-enabled', 'yes'],
          ['cluster-port', String(ports[at])],
          ['cluster-node-timeout', '2000'],
          ['repl-diskless-sync-delay', '0'],
        ],
      }),
    ),
  );
  const admins = servers.map((server) => server.admin());
  const ranges = [
    [0, 5460],
    [5461, 10922],
    [10923, 16383],
  ];
  await Promise.all(ranges.map((range, at) => admins[at]!.call('CLUSTER', 'ADDSLOTSRANGE', ...range)));
  await Promise.all(admins.map((admin, index) => admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
  for (const { node, busPort } of await Promise.all(servers.map(withBusPort))) {
    await admins[0]!.call('CLUSTER', 'MEET', node.host, node.port, busPort);
  }
  const says = (admin: Redis, pattern: RegExp): Promise<boolean> =>
    admin.call('CLUSTER', 'INFO').then((info) => pattern.test(String(info)));
  const known = new RegExp(`cluster_known_nodes:${servers.length}\\b`);
  const agree = (pattern: RegExp): Promise<boolean> =>
    Promise.all(admins.map((admin) => says(admin, pattern))).then((all) => all.every(Boolean));
  await until('the nodes know each other', () => agree(known), 15_000);
  for (const [at, admin] of admins.slice(3).entries())
    await admin.call('CLUSTER', 'REPLICATE', String(await admins[at]!.call('CLUSTER', 'MYID')));
  await until('the Cluster agrees', () => agree(/cluster_state:ok/), 15_000);
  const follows = (admin: Redis): Promise<boolean> =>
    admin.info('replication').then((info) => info.includes('master_link_status:up'));
  for (const admin of admins.slice(3)) await until('a replica has its copy', () => follows(admin), 15_000);
  for (const admin of admins) admin.disconnect();
  return {
    config: redisConfigSchema.parse({ target: { kind: 'cluster', nodes: servers.map(({ node }) => node) } }),
    servers,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function withBusPort(server: RedisServer): Promise<{ node: RedisNode; busPort: number }> {
  const admin = server.admin();
  const [, busPort] = (await admin.config('GET', 'cluster-port')) as [string, string];
  admin.disconnect();
  return { node: server.node, busPort: Number(busPort) };
}

/** A machine that does other things in the meantime is given so many times what a quiet one is. */
const patience = 4;

/**
 * Asks again and again, for state that only time brings about.
 *
 * @param withinMs in which it is there on a quiet machine, with much to spare
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const mostMs = withinMs * patience;
  const end = performance.now() + mostMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${mostMs} ms: ${what}`);
    await wait(20);
  }
}

class Process {
  readonly #conf: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(conf: string, args: readonly string[]) {
    this.#conf = conf;
    this.#args = args;
  }

  start(): void {
    this.#child = spawn('redis-server', [this.#conf, ...this.#args], { stdio: 'ignore' });
  }

  /** Rejects when the server ends without having been told to. */
  async ended(): Promise<never> {
    const [code] = (await once(this.#child!, 'exit')) as [number | null];
    throw new Error(`redis-server ended with ${code}: ${this.#conf}`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

function makeCertificates(dir: string): { ca: string; cert: string; key: string } {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  };
  writeFileSync(join(dir, 'san'), 'subjectAltName=IP:127.0.0.1');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=Test CA', '-days', '2');
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=redis');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'san',
    '-out',
    'server.crt',
    '-days',
    '2',
  );
  const read = (file: string): string => readFileSync(join(dir, file), 'utf8');
  return { ca: read('ca.crt'), cert: read('server.crt'), key: read('server.key') };
}
