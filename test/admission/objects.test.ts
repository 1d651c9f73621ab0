import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decidingKinds } from '../../src/kube/mesh/kinds.ts';
import { hasKubeApiserver } from '../integration/kube-apiserver.ts';
import { api, collection, kinds, type Custom } from './kinds.ts';
import { patch, type Person, type Request } from './requests.ts';
import { Admission } from './rig.ts';

const networkPolicies = '/apis/networking.k8s.io/v1/namespaces/managed/networkpolicies';
const ours = { 'app.kubernetes.io/managed-by': 'postern' };
const policy = (policyTypes: readonly string[], labels: object = {}): object => ({
  metadata: { name: 'mine', labels },
  spec: { podSelector: {}, policyTypes },
});
const writes = (kind: Custom, by: Person, namespace = 'managed'): Request => ({
  method: 'POST',
  path: collection(kind, namespace),
  body: { apiVersion: api(kind), kind: `Kind${kind.plural}`, metadata: { name: 'mine' } },
  by,
});

describe.skipIf(!hasKubeApiserver())('Objects that decide about egress', () => {
  let admission: Admission;
  const refusal = (request: Request): Promise<string> => admission.refusal(request);

  beforeAll(async () => {
    admission = await Admission.start();
  });
  afterAll(() => admission.server.stop());

  it('are judged by expressions whose types the API server has no doubt about', async () => {
    expect(await admission.typeWarnings()).toEqual([]);
  });

  it.each(kinds.map((kind) => [`${kind.plural}.${kind.group}`, kind] as const))(
    '%s: written by Postern and by who may, and by no tenant',
    async (_, kind) => {
      expect(await refusal(writes(kind, 'tenant'))).toMatch(/write an EgressPolicy|egress-admins write them/);
      expect(await refusal(writes(kind, 'worker'))).toBe('');
      expect(await refusal(writes(kind, 'egress-admin'))).toBe('');
      if (!kind.namespaced) return;
      expect(await refusal(writes(kind, 'tenant', 'gateways'))).toContain('write an EgressPolicy');
      expect(await refusal(writes(kind, 'tenant', 'free'))).toBe('');
    },
  );

  it('are all of the kinds that verify looks at', () => {
    const guarded = new Set([
      'networkpolicies.networking.k8s.io',
      // The controller of the network plugin writes them, in every namespace.
      'policyendpoints.networking.k8s.aws',
      ...kinds.map(({ plural, group }) => `${plural}.${group}`),
    ]);
    const deciding = decidingKinds.map(({ plural, group }) => `${plural}.${group}`);
    expect(deciding.filter((kind) => !guarded.has(kind))).toEqual([]);
  });

  it('NetworkPolicies: for ingress anybody, for egress Postern, and nobody imitates it', async () => {
    const create = (body: object, by: Person = 'tenant'): Request => ({
      method: 'POST',
      path: networkPolicies,
      body,
      by,
    });
    expect(await refusal(create(policy(['Ingress'])))).toBe('');
    expect(await refusal(create(policy(['Ingress', 'Egress'])))).toContain('write an EgressPolicy');
    expect(await refusal(create(policy(['Egress'], ours), 'worker'))).toBe('');
    expect(await refusal(create(policy(['Ingress'], ours)))).toContain("is Postern's");
  });

  it("NetworkPolicies of Postern's: changed, unmarked and deleted by nobody else", async () => {
    const name = 'postern-1';
    const made = { ...policy(['Egress'], ours), metadata: { name, labels: ours } };
    expect(await admission.server.send('POST', networkPolicies, made)).toMatchObject({ status: 422 });
    const path = `${networkPolicies}/${name}`;
    const allowing = { 'impersonate-user': 'eva', 'impersonate-group': 'egress-admins' };
    expect(await admission.server.send('POST', networkPolicies, made, allowing)).toMatchObject({ status: 201 });
    const unmarked = { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } };
    expect(await refusal(patch(path, { spec: { egress: [{}] } }))).toContain("is Postern's");
    expect(await refusal(patch(path, unmarked))).toContain("is Postern's");
    expect(await refusal({ method: 'DELETE', path })).toContain("is Postern's");
    expect(await refusal({ method: 'DELETE', path, by: 'worker' })).toBe('');
  });

  it.each([
    ['itself', '/api/v1/namespaces/sidecars'],
    ['its status', '/api/v1/namespaces/sidecars/status'],
  ])('a namespace keeps its coverage and its mode of the mesh, by a patch of %s', async (_, path) => {
    const label = (labels: object, by: Person = 'tenant'): Request => patch(path, { metadata: { labels } }, by);
    expect(await refusal(label({ egress: null }))).toContain('egress-admins alone');
    expect(await refusal(label({ egress: 'gateways' }))).toContain('egress-admins alone');
    expect(await refusal(label({ 'istio-injection': null }))).toContain('mode of the mesh');
    expect(await refusal(label({ 'istio.io/dataplane-mode': 'ambient' }))).toContain('mode of the mesh');
    expect(await refusal(label({ team: 'shop' }))).toBe('');
    expect(await refusal(label({ egress: null }, 'egress-admin'))).toBe('');
  });

  it('a namespace keeps it when it is finalized', async () => {
    const path = '/api/v1/namespaces/sidecars';
    const { body } = await admission.server.send('GET', path);
    const found = body as { readonly metadata: object };
    const finalize = (labels: object): Request => ({
      method: 'PUT',
      path: `${path}/finalize`,
      body: { ...found, metadata: { ...found.metadata, labels } },
    });
    expect(await refusal(finalize({ 'istio-injection': 'enabled' }))).toContain('egress-admins alone');
    expect(await refusal(finalize({ egress: 'managed', 'istio-injection': 'enabled' }))).toBe('');
  });

  it('a namespace that is not covered is labelled by anybody', async () => {
    expect(await refusal(patch('/api/v1/namespaces/free', { metadata: { labels: { team: null } } }))).toBe('');
  });

  it('the gate of a pod is all that Postern changes of it', async () => {
    const status = '/api/v1/namespaces/free/pods/there/status';
    const gate = [{ type: 'postern.dev/perimeter', status: 'True' }];
    const by = 'controller';
    expect(await refusal(patch(status, { status: { conditions: gate } }, by))).toBe('');
    const other = [...gate, { type: 'Ready', status: 'True' }];
    expect(await refusal(patch(status, { status: { conditions: other } }, by))).toContain('and no other');
    expect(await refusal(patch(status, { metadata: { labels: { app: 'pay' } } }, by))).toContain('no labels');
    expect(await refusal(patch(status, { metadata: { annotations: { a: 'b' } } }, by))).toContain('no labels');
    expect(await refusal(patch(status, { status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] } }, by))).toContain(
      'nothing',
    );
    expect(await refusal(patch(status, { metadata: { labels: { app: 'pay' } } }))).toBe('');
  });
});
