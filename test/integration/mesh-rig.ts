import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import { kinds } from '../../adapters/istio/objects/kinds.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { main } from '../../src/cli/main.ts';
import type { Io } from '../../src/cli/io.ts';
import { ioOf } from '../../src/cli/testing/run-postern.ts';
import { evaluateMesh, type MeshEvaluator } from '../../src/verify/mesh/evaluate.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { ObjectClient } from '../../src/kube/objects/object-client.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { meshObjects } from '../../src/kube/mesh/cluster.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import { until } from '../kit/redis-server.ts';
import { istioCrds } from './istio-crds.ts';
import { startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

const ownCrds = fileURLToPath(new URL('../../crds', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly text: string;
}

/** A real API server with a mesh in it, as far as objects go, and a simulated firewall behind its egress gateway. */
export class MeshRig {
  readonly server: KubeApiserver;
  readonly firewall: FortigateSimulator;
  readonly #api: Transport;
  readonly #objects: ObjectClient;
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-mesh-'));

  private constructor(server: KubeApiserver, firewall: FortigateSimulator) {
    this.server = server;
    this.firewall = firewall;
    this.#api = new Transport(fromKubeconfig({ path: server.kubeconfig }));
    this.#objects = new ObjectClient(this.#api);
    const mounted = join(this.folder, 'secrets', 'edge');
    mkdirSync(mounted, { recursive: true });
    for (const [key, value] of Object.entries({ ...firewall.credentials, 'ca.crt': firewall.ca })) {
      writeFileSync(join(mounted, key), `${value}\n`);
    }
  }

  static async start(): Promise<MeshRig> {
    const [server, firewall] = await Promise.all([startKubeApiserver(), startFortigate({ port: 0 })]);
    const rig = new MeshRig(server, firewall);
    await rig.kubectl(['apply', '-k', ownCrds]);
    await rig.#established();
    return rig;
  }

  async installIstio(): Promise<void> {
    await this.kubectl(['apply', '--server-side', '-f', istioCrds]);
    await this.#established();
    // A kind that was just added is not served at once, and asking for it may be answered with 503.
    const served = async (): Promise<boolean> => {
      const asked = Object.values(kinds).map((kind) => this.#objects.version(kind));
      return (await Promise.allSettled(asked)).every((one) => one.status === 'fulfilled' && one.value !== undefined);
    };
    await until('the kinds of Istio are served', served, 60_000);
  }

  /** What a person types, and gets back; throws when kubectl objects. */
  async kubectl(args: readonly string[], stdin?: string): Promise<string> {
    const { code, output } = await this.server.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${output}`);
    return output;
  }

  /** Kinds that were just added are not served at once. */
  async apply(...objects: readonly object[]): Promise<void> {
    const text = objects.map((object) => `---\n${stringify(object)}`).join('');
    for (let left = 40; ; left -= 1) {
      const { code, output } = await this.server.kubectl(['apply', '-f', '-'], text);
      if (code === 0) return;
      if (left === 0 || !/no matches for kind|not find the requested resource/.test(output)) throw new Error(output);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** A running pod with an address. */
  async addPod(
    namespace: string,
    name: string,
    fields: { labels: object; account: string; ip: string },
  ): Promise<void> {
    const { labels, account, ip } = fields;
    const metadata = { name, namespace, labels };
    const spec = { serviceAccountName: account, containers: [{ name: 'main', image: 'none' }] };
    await this.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    const status = JSON.stringify({ status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } });
    await this.kubectl(['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', status]);
  }

  /** Runs a command to its end against this cluster. */
  postern(...argv: readonly string[]): Promise<Ended> {
    return this.#as(this.server.kubeconfig, argv);
  }

  /** Brings every point up to date once, as this ServiceAccount of Postern's own namespace. */
  async syncAs(account: string): Promise<Ended> {
    const token = (await this.kubectl(['create', 'token', account, '-n', 'postern-system'])).trim();
    const config = parse(readFileSync(this.server.kubeconfig, 'utf8')) as { users: { user: object }[] };
    const users = config.users.map((user) => ({ ...user, user: { token } }));
    const file = join(this.folder, `${account}.kubeconfig`);
    writeFileSync(file, stringify({ ...config, users }));
    return this.#as(file, ['sync', '--once', ...this.#secrets()]);
  }

  /** Do layers and intent agree, by what the cluster and the firewall hold? */
  verify(): Promise<Ended> {
    return this.postern('verify', '--live', ...this.#secrets());
  }

  async #as(kubeconfig: string, argv: readonly string[]): Promise<Ended> {
    const { text, io } = this.#world(new AbortController().signal);
    const code = await main([...argv, '--kubeconfig', kubeconfig], io);
    return { code, text: text.join('') };
  }

  /** `postern run`, until it is stopped. */
  run(): { readonly stop: () => Promise<Ended> } {
    const stop = new AbortController();
    const { text, io } = this.#world(stop.signal);
    const ended = main(['run', '--kubeconfig', this.server.kubeconfig, ...this.#secrets()], io);
    return {
      stop: async () => {
        stop.abort();
        return { code: await ended, text: text.join('') };
      },
    };
  }

  /** Brings every point up to date once. */
  sync(): Promise<Ended> {
    return this.postern('sync', '--once', ...this.#secrets());
  }

  /** Reads the mesh as it is in the API server. */
  async judge(): Promise<MeshEvaluator['judge']> {
    const list = JSON.parse(await this.kubectl(['get', 'namespaces', '-o', 'json'])) as {
      items: { metadata: { name: string; labels: Record<string, string> } }[];
    };
    const namespaces = list.items.map(({ metadata: { name, labels } }) => ({ name, labels }));
    const objects = await meshObjects(this.#objects);
    const mesh = meshIn({ objects }, { namespaces });
    if (mesh === undefined) throw new Error('There is no mesh.');
    return evaluateMesh(mesh).judge;
  }

  /** Every object that decides who leaves the cluster, with our mark or without: `Kind/namespace/name`. */
  async written(isOurs = true): Promise<readonly string[]> {
    const objects = (await meshObjects(this.#objects)) as readonly KubernetesObject[];
    return objects
      .filter(({ kind }) => !['Service', 'Deployment', 'ConfigMap'].includes(kind))
      .filter(({ metadata }) => (metadata.labels?.['postern.dev/cluster'] === 'live') === isOurs)
      .map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`)
      .sort();
  }

  /** `Type=Status Reason: message` of a point. */
  async conditions(point: string): Promise<readonly string[]> {
    const object = JSON.parse(await this.kubectl(['get', 'enfp', point, '-o', 'json'])) as {
      status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
    };
    const conditions = object.status?.conditions ?? [];
    return conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`);
  }

  async stop(): Promise<void> {
    this.#api.close();
    await Promise.all([this.server.stop(), this.firewall.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #secrets(): readonly string[] {
    return ['--cluster', 'live', '--secrets-dir', join(this.folder, 'secrets')];
  }

  async #established(): Promise<void> {
    await this.kubectl(['wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all']);
  }

  #world(signal: AbortSignal): { readonly text: string[]; readonly io: Io } {
    const text: string[] = [];
    const environment = { cluster: 'live', auditDir: join(this.folder, 'audit') };
    return { text, io: ioOf((more) => void text.push(more), { environment, signal, width: 160 }) };
  }
}
