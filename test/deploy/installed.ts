import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { expect } from 'vitest';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import type { Flags } from '../integration/envtest.ts';
import { startKubeApiserver, type KubeApiserver } from '../integration/kube-apiserver.ts';
import { freePort } from '../kit/free-ports.ts';
import { startRedis, until, type RedisServer } from '../kit/redis-server.ts';
import { intended, permitted } from '../live/flows.ts';
import { cluster } from '../live/manifests.ts';
import { buildPostern, Postern } from '../live/postern.ts';
import { World } from '../live/world.ts';
import { AuditLog } from './audit-log.ts';
import { firewallPoint } from './scenario.ts';
import { find, nameOf, rendered, listOf, type Choice, type Manifest } from './kustomize.ts';

const containerSchema = z.looseObject({
  args: z.array(z.string()),
  env: z
    .array(
      z.looseObject({
        name: z.string(),
        valueFrom: z.looseObject({ secretKeyRef: z.looseObject({ name: z.string(), key: z.string() }) }),
      }),
    )
    .default([]),
  livenessProbe: z.looseObject({ httpGet: z.looseObject({ path: z.string() }) }),
  readinessProbe: z.looseObject({ httpGet: z.looseObject({ path: z.string() }) }),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ serviceAccountName: z.string(), containers: z.tuple([containerSchema]) }),
    }),
  }),
});

/** A process that was started as a Deployment says, and where it tells how it is. */
export interface Started {
  readonly process: Postern;
  readonly url: string;
  readonly probes: { readonly live: string; readonly ready: string };
}

/**
 * The shipped installation: its manifests applied to a real API server that keeps an audit log, and its processes, with
 * the arguments, the settings and the rights of their Deployments. There is no kubelet, so the test is it.
 */
export class Installed {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-installed-'));
  readonly calls = new AuditLog(this.folder);
  readonly manifests: readonly Manifest[];
  readonly #entry = buildPostern(this.folder);
  readonly #processes: Postern[] = [];
  #parts: Parts | undefined;

  private constructor(choice: Choice) {
    this.manifests = rendered(choice);
  }

  /** @param flags of the API server, besides those that have it keep an audit log */
  static async start(choice: Choice, flags: Flags = {}): Promise<Installed> {
    const installed = new Installed(choice);
    const firewall = await startFortigate({ port: 0 });
    const all = { ...installed.calls.flags, ...flags };
    const [server, redis] = await Promise.all([startKubeApiserver(all), startRedis()]);
    installed.#parts = { firewall, server, redis, world: new World(server) };
    try {
      await installed.#install();
    } catch (error) {
      await installed.stop();
      throw error;
    }
    return installed;
  }

  get firewall(): FortigateSimulator {
    return this.#own().firewall;
  }

  get world(): World {
    return this.#own().world;
  }

  /** Of a person who may do everything. */
  get kubeconfig(): string {
    return this.#own().server.kubeconfig;
  }

  get auditFolder(): string {
    return join(this.folder, 'var', 'audit');
  }

  /** Starts what a Deployment would start, as its ServiceAccount. */
  async run(deployment: string): Promise<Started> {
    const { serviceAccountName, containers } = deploymentSchema.parse(find(this.manifests, `Deployment/${deployment}`))
      .spec.template.spec;
    const [{ args, env, livenessProbe, readinessProbe }] = containers;
    const port = await freePort();
    const settings = find(this.manifests, 'ConfigMap/postern')['data'] as Readonly<Record<string, string>>;
    const secret = Object.fromEntries(
      await Promise.all(
        env.map(async ({ name, valueFrom: { secretKeyRef } }) => [
          name,
          await this.#secret(secretKeyRef.name, secretKeyRef.key),
        ]),
      ),
    ) as Readonly<Record<string, string>>;
    const here = args.map((arg) => arg.replace('/var/lib/postern', join(this.folder, 'var')));
    const kubeconfig = await this.#kubeconfigOf(serviceAccountName);
    const started = new Postern(this.#entry, [...here, '--kubeconfig', kubeconfig], {
      ...settings,
      ...secret,
      POSTERN_LISTEN: `127.0.0.1:${port}`,
    });
    this.#processes.push(started);
    const probes = { live: livenessProbe.httpGet.path, ready: readinessProbe.httpGet.path };
    return { process: started, url: `http://127.0.0.1:${port}`, probes };
  }

  /** What a pod of this account has. */
  async #kubeconfigOf(account: string): Promise<string> {
    const token = await this.world.kubectl(['create', 'token', account, '-n', 'postern-system', '--duration=1h']);
    const config = parse(readFileSync(this.kubeconfig, 'utf8')) as { users: { user: unknown }[] };
    config.users[0]!.user = { token: token.trim() };
    const path = join(this.folder, `${account}.kubeconfig`);
    writeFileSync(path, stringify(config), { mode: 0o600 });
    return path;
  }

  /** A command that ends, such as `audit verify`. */
  postern(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [this.#entry, ...args], { env: { NO_COLOR: '1' } }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: out + err }),
      );
    });
  }

  /** Waits until the firewall permits what is now intended. */
  async converged(withinMs = 40_000): Promise<readonly string[]> {
    const wanted = [...intended(await this.world.snapshot())].sort();
    await until(
      'the firewall permits what is intended',
      () => sameSet(permitted(this.firewall), wanted),
      withinMs,
    ).catch(() => {
      throw new Error(`wanted ${wanted.join(', ')}, found ${[...permitted(this.firewall)].join(', ')}\n${this.said}`);
    });
    return wanted;
  }

  get said(): string {
    return this.#processes.map(({ name, said }) => `--- ${name}\n${said.slice(-4_000)}`).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    const { firewall, server, redis, world } = this.#own();
    world.close();
    await Promise.all([server.stop(), redis.stop(), firewall.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #own(): Parts {
    if (this.#parts === undefined) throw new Error('it was not started');
    return this.#parts;
  }

  /** As docs/install.md has it: the manifests, the Secrets, then an enforcement point. */
  async #install(): Promise<void> {
    const { world, redis, firewall } = this.#own();
    mkdirSync(this.auditFolder, { recursive: true });
    const crds = this.manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
    await world.apply(listOf(crds));
    await world.kubectl(['wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all']);
    const versions = await this.#versions();
    const others = this.manifests.filter((manifest) => !crds.includes(manifest));
    expect(others.filter(({ apiVersion }) => !versions.has(apiVersion)).map(nameOf)).toEqual([]);
    await world.apply(listOf(others));
    const literal = (key: string, value: string): string => `--from-literal=${key}=${value}`;
    const url = `redis://${redis.node.host}:${redis.node.port}`;
    const secret = ['create', 'secret', 'generic', '-n', 'postern-system'];
    await world.kubectl([...secret, 'postern-redis', literal('url', url), literal('password', 'none')]);
    const { token = '' } = firewall.credentials;
    await world.kubectl([...secret, 'edge', literal('token', token), literal('ca.crt', firewall.ca)]);
    const scenario = parseAllDocuments(cluster).map((document) => document.toJS() as Manifest);
    const theirs = listOf(scenario.filter((manifest) => nameOf(manifest) !== 'Namespace/postern-system'));
    const applied = (): Promise<boolean> =>
      world.apply(theirs).then(
        () => true,
        () => false,
      );
    await until('the objects are taken', applied, 20_000);
    await world.apply(firewallPoint(firewall.url));
  }

  async #versions(): Promise<ReadonlySet<string>> {
    return new Set((await this.world.kubectl(['api-versions'])).split('\n'));
  }

  async #secret(name: string, key: string): Promise<string> {
    const path = `jsonpath={.data.${key.replaceAll('.', '\\.')}}`;
    const text = await this.world.kubectl(['get', 'secret', '-n', 'postern-system', name, '-o', path]);
    return Buffer.from(text, 'base64').toString();
  }
}

interface Parts {
  readonly firewall: FortigateSimulator;
  readonly server: KubeApiserver;
  readonly redis: RedisServer;
  readonly world: World;
}

function sameSet(found: ReadonlySet<string>, wanted: readonly string[]): boolean {
  return found.size === wanted.length && wanted.every((item) => found.has(item));
}
