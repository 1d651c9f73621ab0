import { asApiError } from '../../src/kube/api-error.ts';
import type { ApiRequest } from '../../src/kube/client/transport.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { assemble } from '../../src/kube/manifests/assemble.ts';
import { parseFile } from '../../src/kube/manifests/parse-file.ts';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import type { KubeApiserver } from '../integration/kube-apiserver.ts';

const namespace = 'shop';
const pods = `/api/v1/namespaces/${namespace}/pods`;
const ours = '/apis/postern.dev/v1alpha1';
const kinds = [
  'externalservices',
  'egresspolicies',
  'clusteregresspolicies',
  'enforcementpoints',
  'egressdelegations',
  'egressapprovals',
];
const lists = ['/api/v1/namespaces', '/api/v1/pods', ...kinds.map((plural) => `${ours}/${plural}`)];

export interface PodFields {
  readonly app: string;
  readonly account?: string;
  readonly ip: string;
}

/** The people and controllers that change the cluster: real requests to the real API server. */
export class World {
  readonly #server: KubeApiserver;
  readonly #api: Transport;

  constructor(server: KubeApiserver) {
    this.#server = server;
    this.#api = new Transport(fromKubeconfig({ path: server.kubeconfig }));
  }

  close(): void {
    this.#api.close();
  }

  /** What a person types, and gets back; throws when kubectl objects. */
  async kubectl(args: readonly string[], stdin?: string): Promise<string> {
    const { code, output } = await this.#server.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${output}`);
    return output;
  }

  apply(manifest: string): Promise<string> {
    return this.kubectl(['apply', '-f', '-'], manifest);
  }

  /** A running pod. */
  async addPod(name: string, { app, account = 'default', ip }: PodFields): Promise<void> {
    const metadata = { name, namespace, labels: { app } };
    const spec = { serviceAccountName: account, containers: [{ name: 'main', image: 'none' }] };
    await this.#send('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
    await this.setStatus(name, { phase: 'Running', podIP: ip, podIPs: [{ ip }] });
  }

  /** What its kubelet reports. */
  async setStatus(name: string, status: unknown): Promise<void> {
    await this.#merge(`${pods}/${name}/status`, { status });
  }

  async labelPod(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.#merge(`${pods}/${name}`, { metadata: { labels } });
  }

  async deletePod(name: string): Promise<void> {
    await this.#api.request({ method: 'DELETE', path: `${pods}/${name}`, query: { gracePeriodSeconds: 0 } });
  }

  /** One object of ours as it is on the server. */
  async read(path: string): Promise<StoredObject> {
    return (await this.#api.request({ path: `${ours}/${path}` })) as StoredObject;
  }

  /**
   * What is written of each object of ours, by name; but for when its device was last read, which is renewed once a minute,
   * and whether layers agree, which is compared every so often.
   */
  async written(): Promise<Readonly<Record<string, unknown>>> {
    const answers = await Promise.all(kinds.map((plural) => this.#api.request({ path: `${ours}/${plural}` })));
    const objects = (answers as { readonly items: readonly StoredObject[] }[]).flatMap(({ items }) => items);
    const written = objects.map(({ metadata: { name, generation }, status: { lastSyncTime: _, ...status } = {} }) => {
      const conditions = status.conditions?.filter(({ type }) => type !== 'Consistent');
      return [name, { generation, status: { ...status, conditions } }] as const;
    });
    return Object.fromEntries(written);
  }

  /** The whole cluster as it is now, read independently of what is tested. */
  async snapshot(): Promise<Snapshot> {
    const answers = await Promise.all(lists.map((path) => this.#list(path)));
    const files = await Promise.all(answers.map((list, at) => parseFile(lists[at] ?? '', JSON.stringify(list))));
    return (await assemble(files)).snapshot;
  }

  /** A kind that has just been made has no collection, or an unready one, for a moment. */
  async #list(path: string): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#api.request({ path });
      } catch (error) {
        if (tries === 40 || ![404, 429].includes(asApiError(error).status)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  #merge(path: string, body: unknown): Promise<unknown> {
    return this.#api.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
  }

  #send(method: NonNullable<ApiRequest['method']>, path: string, body: unknown): Promise<unknown> {
    return this.#api.request({ method, path, body });
  }
}

export interface StoredObject {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly lastSyncTime?: string;
    readonly conditions?: readonly Condition[];
    readonly ready?: string;
    readonly points?: string;
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}
