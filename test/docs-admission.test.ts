import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './integration/kube-apiserver.ts';

/*
 * What the admission policies of deploy/admission say, evaluated by the CEL of a real API server. One that is too old for
 * ValidatingAdmissionPolicy knows rules of CustomResourceDefinitions: so each policy becomes a kind whose objects are the
 * requests, with the variables written out and its rules as the rules of the kind. What a policy matches - kinds,
 * operations, namespaces - is not evaluated here.
 */

const policySchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    matchConditions: z.array(z.object({ expression: z.string() })).default([]),
    variables: z.array(z.object({ name: z.string(), expression: z.string() })).default([]),
    validations: z.array(z.object({ expression: z.string(), message: z.string() })),
  }),
});
type Policy = z.infer<typeof policySchema>;

const files = ['pods-stay-in-the-mesh', 'only-postern-writes', 'coverage-stays'] as const;

function policyIn(file: (typeof files)[number]): Policy {
  const documents = parseAllDocuments(readFileSync(`deploy/admission/${file}.yaml`, 'utf8'));
  return policySchema.parse(documents[0]?.toJS());
}

interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** Broken only by a request that the policy refuses. */
function rulesOf({ spec: { matchConditions, variables, validations } }: Policy): readonly Rule[] {
  const known = new Map(variables.map(({ name, expression }) => [name, expression]));
  const written = (text: string): string => {
    const whole = text.replaceAll(/\bvariables\.(\w+)/g, (_, name: string) => `(${known.get(name) ?? name})`);
    return whole === text ? text : written(whole);
  };
  const meant = (text: string): string =>
    written(text)
      // Two lists of one type in a pod are of two types here.
      .replaceAll(
        /\(object\.spec\.containers \+ \(has\(object\.spec\.initContainers\)[^)]*\)\)/g,
        'object.spec.containers',
      )
      .replaceAll(/(?<![.\w'])(object|oldObject|request)\b/g, 'self.$1');
  const applies = matchConditions.map(({ expression }) => `(${meant(expression)})`).join(' && ') || 'true';
  return validations.map(({ expression, message }) => ({ rule: `!(${applies}) || (${meant(expression)})`, message }));
}

const text = { type: 'string', maxLength: 64 };
const texts = { type: 'array', maxItems: 8, items: text };
const labels = { type: 'object', maxProperties: 8, additionalProperties: text };
const user = { runAsUser: { type: 'integer' }, runAsGroup: { type: 'integer' } };
const record = (properties: object): object => ({ type: 'object', properties });
const capabilities = record({ add: texts });
const container = record({
  name: text,
  securityContext: record({ ...user, privileged: { type: 'boolean' }, capabilities }),
});
const object = record({
  metadata: record({ labels, annotations: labels }),
  spec: record({
    containers: { type: 'array', maxItems: 4, items: container },
    hostNetwork: { type: 'boolean' },
    hostPID: { type: 'boolean' },
    securityContext: record(user),
    policyTypes: texts,
  }),
});
const request = record({
  operation: text,
  resource: record({ resource: text }),
  userInfo: record({ username: text, groups: texts }),
});

/** `coverage-stays` becomes `CoverageStays`. */
const kindOf = (file: string): string =>
  file
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

function definition(file: (typeof files)[number]): object {
  const kind = kindOf(file);
  const plural = kind.toLowerCase();
  const asked = {
    ...record({ object, oldObject: object, request }),
    'x-kubernetes-validations': rulesOf(policyIn(file)),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.admission.test` },
    spec: {
      group: 'admission.test',
      scope: 'Cluster',
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: record({ asked }) } }],
    },
  };
}

interface Asked {
  readonly object?: object;
  readonly oldObject?: object;
  readonly by?: string;
  readonly groups?: readonly string[];
  readonly resource?: string;
}

const worker = 'system:serviceaccount:postern-system:postern-worker';
const pod = (spec: object = {}, metadata: object = {}): Asked => ({
  object: { metadata, spec: { containers: [{ name: 'app' }], ...spec } },
  resource: 'pods',
});
const app = (securityContext: object, name = 'app'): Asked => pod({ containers: [{ name, securityContext }] });
const notes = (annotations: object): Asked => pod({}, { annotations });
const policy = (types: readonly string[], labelled: object = {}): object => ({
  metadata: { labels: labelled },
  spec: { policyTypes: types },
});
const ours = { 'app.kubernetes.io/managed-by': 'postern' };
const resource = 'networkpolicies';
const namespace = (labelled: object): object => ({ metadata: { labels: labelled }, spec: {} });
const managed = { egress: 'managed', 'istio-injection': 'enabled' };

describe.skipIf(!hasKubeApiserver())('admission in a namespace whose egress is managed', () => {
  let server: KubeApiserver;

  /** The reason for which the request is refused; empty: it is not. */
  async function refused(
    file: (typeof files)[number],
    { by = 'somebody', groups = [], resource = '', ...objects }: Asked,
  ): Promise<string> {
    const operation = objects.oldObject === undefined ? 'CREATE' : objects.object === undefined ? 'DELETE' : 'UPDATE';
    const asked = { ...objects, request: { operation, resource: { resource }, userInfo: { username: by, groups } } };
    const kind = kindOf(file);
    const manifest = { apiVersion: 'admission.test/v1', kind, metadata: { generateName: 'a-' }, asked };
    const path = `/apis/admission.test/v1/${kind.toLowerCase()}?dryRun=All`;
    const { status, body } = await server.send('POST', path, manifest);
    return status === 201 ? '' : JSON.stringify(body);
  }

  beforeAll(async () => {
    server = await startKubeApiserver();
    for (const file of files) {
      const { output } = await server.kubectl(['apply', '-f', '-'], JSON.stringify(definition(file)));
      expect(output).toContain('created');
    }
    const ready = async (): Promise<boolean> => {
      const answers = await Promise.all(
        files.map((file) => refused(file, { ...pod(), by: worker, oldObject: namespace({}) })),
      );
      return answers.every((answer) => answer === '');
    };
    await vi.waitUntil(ready, { timeout: 60_000, interval: 500 });
  });

  afterAll(() => server.stop());

  it.each<[string, Asked]>([
    ['an ordinary pod', pod()],
    ['what Istio injects', app({ runAsUser: 1337, capabilities: { add: ['NET_ADMIN'] } }, 'istio-init')],
    [
      'what Istio notes on a pod',
      notes({
        'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
        'traffic.sidecar.istio.io/excludeOutboundPorts': '',
        'sidecar.istio.io/interceptionMode': 'REDIRECT',
        'sidecar.istio.io/inject': 'true',
      }),
    ],
    ['an unprivileged user', app({ runAsUser: 1000, privileged: false, capabilities: { add: ['NET_BIND_SERVICE'] } })],
  ])('takes %s', async (_, asked) => {
    expect(await refused('pods-stay-in-the-mesh', asked)).toBe('');
  });

  it.each<[string, Asked, string]>([
    ['leaves the mesh by label', pod({}, { labels: { 'sidecar.istio.io/inject': 'false' } }), 'not be in the mesh'],
    ['leaves the mesh by annotation', notes({ 'sidecar.istio.io/inject': 'no' }), 'not be in the mesh'],
    ['leaves the ambient mesh', pod({}, { labels: { 'istio.io/dataplane-mode': 'none' } }), 'not be in the mesh'],
    ['excludes a port', notes({ 'traffic.sidecar.istio.io/excludeOutboundPorts': '443' }), 'around the proxy'],
    [
      'includes some networks only',
      notes({ 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/8' }),
      'around the proxy',
    ],
    ['is not intercepted', notes({ 'sidecar.istio.io/interceptionMode': 'NONE' }), 'around the proxy'],
    ['brings a proxy of its own', notes({ 'sidecar.istio.io/proxyImage': 'mine' }), 'around the proxy'],
    ['is on the network of its node', pod({ hostNetwork: true }), 'network of the node'],
    ['sees the processes of its node', pod({ hostPID: true }), 'network of the node'],
    ['runs as the proxy does', pod({ securityContext: { runAsUser: 1337 } }), 'redirected'],
    ['has a container that runs as the proxy does', app({ runAsGroup: 1337 }), 'redirected'],
    ['may forge packets', app({ capabilities: { add: ['NET_RAW'] } }), 'redirected'],
    ['is privileged', app({ privileged: true }), 'redirected'],
  ])('refuses a pod that %s', async (_, asked, why) => {
    expect(await refused('pods-stay-in-the-mesh', asked)).toContain(why);
  });

  it.each<[string, Asked, string]>([
    ['a NetworkPolicy that opens more', { object: policy(['Egress']), resource }, 'write an EgressPolicy'],
    ['its deletion', { oldObject: policy(['Ingress', 'Egress']), resource }, 'write an EgressPolicy'],
    ['a ServiceEntry', { object: policy([]), resource: 'serviceentries' }, 'write an EgressPolicy'],
    [
      "a change of Postern's",
      { object: policy(['Egress'], ours), oldObject: policy(['Egress'], ours), resource },
      "is Postern's",
    ],
    [
      "taking Postern's mark away",
      { object: policy(['Ingress']), oldObject: policy(['Egress'], ours), resource },
      "is Postern's",
    ],
    ["a deletion of Postern's", { oldObject: policy(['Egress'], ours), resource }, "is Postern's"],
    ["an imitation of Postern's", { object: policy(['Ingress'], ours), resource }, "is Postern's"],
  ])('refuses %s by a tenant, and takes it from Postern and those who may', async (_, asked, why) => {
    expect(await refused('only-postern-writes', asked)).toContain(why);
    expect(await refused('only-postern-writes', { ...asked, by: worker })).toBe('');
    expect(await refused('only-postern-writes', { ...asked, groups: ['egress-admins'] })).toBe('');
  });

  it('takes a NetworkPolicy for ingress from anybody', async () => {
    expect(await refused('only-postern-writes', { object: policy(['Ingress']), resource })).toBe('');
  });

  it.each<[string, object, object, string]>([
    ['taken out of it', managed, { 'istio-injection': 'enabled' }, 'egress-admins alone'],
    ['taken out of the mesh', managed, { egress: 'managed' }, 'mode of the mesh'],
    ['moved to the other mode', managed, { ...managed, 'istio.io/dataplane-mode': 'ambient' }, 'mode of the mesh'],
  ])('refuses that a namespace is %s by a tenant', async (_, before, after, why) => {
    const asked = { oldObject: namespace(before), object: namespace(after) };
    expect(await refused('coverage-stays', asked)).toContain(why);
    expect(await refused('coverage-stays', { ...asked, groups: ['egress-admins'] })).toBe('');
  });

  it('takes other labels of a namespace, and all of one that is not managed', async () => {
    const more = { oldObject: namespace(managed), object: namespace({ ...managed, team: 'shop' }) };
    expect(await refused('coverage-stays', more)).toBe('');
    const free = { oldObject: namespace({ 'istio-injection': 'enabled' }), object: namespace({}) };
    expect(await refused('coverage-stays', free)).toBe('');
  });
});
