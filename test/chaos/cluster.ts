import { stringify } from 'yaml';
import { assemble } from '../../src/kube/manifests/assemble.ts';
import { parseFile } from '../../src/kube/manifests/parse-file.ts';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { FakeApiServer, type FakeObject, type FakeRequest } from '../kit/api-server.ts';

const ours = '/apis/postern.dev/v1alpha1';
const namespaced = /^(\/apis?\/(?:v1|[^/]+\/[^/]+))\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?(?:\/status)?$/;
const clustered = /^(\/apis\/postern\.dev\/v1alpha1\/[^/]+)\/([^/]+)\/status$/;

/** A cluster that a real controller works with: a stand-in for the API server that also takes writes. */
export class ChaosCluster {
  readonly api: FakeApiServer;
  readonly #objects = new Map<string, FakeObject & { readonly kind: string }>();

  private constructor(api: FakeApiServer) {
    this.api = api;
    api.instead = (request, body) => this.#write(request, body);
  }

  static async start(): Promise<ChaosCluster> {
    return new ChaosCluster(await FakeApiServer.start());
  }

  kubeconfig(): string {
    const server = `http://127.0.0.1:${this.api.port}`;
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'chaos', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'chaos', user: { token: this.api.token } }],
      contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
      'current-context': 'chaos',
    });
  }

  core(kind: string, plural: string, object: FakeObject): void {
    this.#put(`/api/v1/${plural}`, { apiVersion: 'v1', kind, ...object });
  }

  our(kind: string, plural: string, object: FakeObject): void {
    const generation = Number(this.#objects.get(keyOf(`${ours}/${plural}`, object))?.metadata['generation'] ?? 0) + 1;
    const metadata = { ...object.metadata, generation };
    this.#put(`${ours}/${plural}`, { apiVersion: 'postern.dev/v1alpha1', kind, ...object, metadata });
  }

  remove(path: string, name: string, namespace = ''): void {
    this.#objects.delete(keyOf(path, { metadata: { name, namespace } }));
    this.api.remove(name, path, namespace);
  }

  /** What is intended now. */
  async snapshot(): Promise<Snapshot> {
    const items = [...this.#objects.values()];
    return (await assemble([await parseFile('cluster', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))]))
      .snapshot;
  }

  /** The conditions of a point, as the controller wrote them last. */
  conditions(point: string): readonly { readonly type: string; readonly status: string; readonly reason: string }[] {
    const object = this.api.object(point, `${ours}/enforcementpoints`);
    return (object?.['status'] as { conditions?: [] } | undefined)?.conditions ?? [];
  }

  #put(path: string, object: FakeObject & { readonly kind: string }): void {
    this.#objects.set(keyOf(path, object), object);
    const status = this.api.object(object.metadata.name, path, object.metadata.namespace ?? '')?.['status'];
    this.api.put({ ...(status !== undefined && { status }), ...object }, path);
  }

  #write({ method, path }: FakeRequest, text: string): readonly [number, unknown] | undefined {
    if (path.endsWith('/selfsubjectaccessreviews')) return [201, { status: { allowed: true } }];
    if (path.includes('/leases')) return this.#lease(method, path, text);
    if (/^\/apis\/[^/]+$/.test(path)) return [404, status(404, 'NotFound')];
    if (method === 'GET') return undefined;
    const body = (text === '' ? {} : JSON.parse(text)) as FakeObject;
    if (path.endsWith('/status')) return this.#status(path, body);
    return [201, { ...body, metadata: { ...body.metadata, resourceVersion: '1', uid: 'event' } }];
  }

  #status(path: string, body: FakeObject): readonly [number, unknown] {
    const [, inNamespace, namespace = '', plural, inName = ''] = namespaced.exec(path) ?? [];
    const [, collection, name = ''] = clustered.exec(path) ?? [];
    const at = inNamespace === undefined ? (collection ?? '') : `${inNamespace}/${plural}`;
    const object = this.api.object(name || inName, at, namespace);
    if (object === undefined) return [404, status(404, 'NotFound')];
    this.api.put({ ...object, status: body['status'] }, at);
    return [200, this.api.object(name || inName, at, namespace)];
  }

  /** As an API server keeps a Lease: a writer must have read its last version. */
  #lease(method: string, path: string, text: string): readonly [number, unknown] {
    const [, root, namespace = '', plural, inPath] = namespaced.exec(path) ?? [];
    const at = `${root}/${plural}`;
    const body = method === 'GET' ? undefined : (JSON.parse(text) as FakeObject);
    const name = inPath ?? body?.metadata.name ?? '';
    const known = this.api.object(name, at, namespace);
    if (body === undefined) return known === undefined ? [404, status(404, 'NotFound')] : [200, known];
    const current = known?.metadata['resourceVersion'];
    if (current !== body.metadata['resourceVersion']) return [409, status(409, 'Conflict')];
    const creationTimestamp = known?.metadata['creationTimestamp'] ?? new Date().toISOString();
    this.api.put({ ...body, metadata: { ...body.metadata, namespace, creationTimestamp } }, at);
    return [known === undefined ? 201 : 200, this.api.object(name, at, namespace)];
  }
}

function keyOf(path: string, { metadata: { name, namespace = '' } }: Pick<FakeObject, 'metadata'>): string {
  return `${path} ${namespace}/${name}`;
}

function status(code: number, reason: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason };
}
