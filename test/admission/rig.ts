import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { startKubeApiserver, type KubeApiserver } from '../integration/kube-apiserver.ts';
import { kinds, type Custom } from './kinds.ts';
import { creation, execution, patch, pod, type Person, type Request } from './requests.ts';

const people: Readonly<Record<Person, Readonly<Record<string, string | readonly string[]>>>> = {
  tenant: { 'impersonate-user': 'tenant' },
  'egress-admin': { 'impersonate-user': 'eva', 'impersonate-group': 'egress-admins' },
  worker: account('postern-system', 'postern-worker'),
  controller: account('postern-system', 'postern-controller'),
  mesh: account('istio-system', 'istio-cni'),
  node: { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' },
};

function account(namespace: string, name: string): Readonly<Record<string, string | readonly string[]>> {
  const user = `system:serviceaccount:${namespace}:${name}`;
  return {
    'impersonate-user': user,
    'impersonate-group': ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
}

const policySchema = z.object({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), generation: z.number() }),
      status: z
        .looseObject({
          observedGeneration: z.number().optional(),
          typeChecking: z.looseObject({ expressionWarnings: z.array(z.unknown()).default([]) }).optional(),
        })
        .default({}),
    }),
  ),
});

const folder = (path: string): string => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));

/** A real API server with the policies of deploy/admission and of the pod gate in force. */
export class Admission {
  readonly server: KubeApiserver;

  private constructor(server: KubeApiserver) {
    this.server = server;
  }

  static async start(): Promise<Admission> {
    const admission = new Admission(await startKubeApiserver());
    try {
      await admission.#prepare();
    } catch (error) {
      await admission.server.stop();
      throw error;
    }
    return admission;
  }

  /** Warnings of the API server about types in the expressions, once all policies have been looked at. */
  async typeWarnings(): Promise<readonly unknown[]> {
    const found = async (): Promise<z.infer<typeof policySchema>['items']> => {
      const { body } = await this.server.send(
        'GET',
        '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
      );
      return policySchema.parse(body).items;
    };
    await vi.waitUntil(
      async () => (await found()).every(({ metadata, status }) => status.observedGeneration === metadata.generation),
      { timeout: 120_000, interval: 500 },
    );
    const items = await found();
    expect(items.map(({ metadata }) => metadata.name)).toContain('postern-pod-gate');
    return items.flatMap(({ metadata, status }) =>
      (status.typeChecking?.expressionWarnings ?? []).map((warning) => [metadata.name, warning]),
    );
  }

  /** The words in which admission refuses; empty: it does not. Nothing is stored. Any other failure is an error. */
  async refusal({ method, path, body, by = 'tenant', type = 'application/json' }: Request): Promise<string> {
    // A command inside a container cannot be tried dry; without a node none runs either.
    const isDry = !path.includes('/exec?');
    const answer = await this.server.send(
      method,
      isDry ? `${path}${path.includes('?') ? '&' : '?'}dryRun=All` : path,
      body,
      {
        ...people[by],
        'content-type': type,
      },
    );
    const text = JSON.stringify(answer.body);
    if (answer.status < 300 || (!isDry && /does not have a host|is not valid for pod/.test(text))) return '';
    if (text.includes('ValidatingAdmissionPolicy')) return text;
    throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }

  async #prepare(): Promise<void> {
    const before = [everybodyMayEverything, ...Object.entries(namespaces).map(namespace), ...kinds.map(definition)];
    const pods = ['managed', 'free'].map((name) => ({ ...pod(), metadata: { name: 'there', namespace: name } }));
    const items = [...before, ...pods];
    const made = await this.server.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    );
    expect(made).toMatchObject({ code: 0 });
    expect(await this.server.kubectl(['apply', '-k', folder('admission')])).toMatchObject({ code: 0 });
    const gate = folder('components/pod-gate/pod-gate.yaml');
    expect(await this.server.kubectl(['apply', '-f', gate])).toMatchObject({ code: 0 });
    // Each policy takes effect some time after it was made, and a kind is served some time after its definition.
    for (const [policy, request] of Object.entries(refusedByEach)) {
      const refused = async (): Promise<void> => expect(await this.refusal(request)).toContain(`'${policy}'`);
      await vi.waitFor(refused, { timeout: 120_000, interval: 200 });
    }
  }
}

function namespace([name, labels]: readonly [string, object]): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Namespaces by name, with their labels. */
const namespaces = {
  managed: { egress: 'managed' },
  sidecars: { egress: 'managed', 'istio-injection': 'enabled' },
  ambient: { egress: 'managed', 'istio.io/dataplane-mode': 'ambient' },
  gateways: { egress: 'gateways' },
  free: { team: 'free' },
} as const;

const everybodyMayEverything = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'everybody' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
};

/** The definition of a kind that takes any object. */
function definition({ group, plural, version, namespaced }: Custom): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    // Groups of Kubernetes itself ask for it.
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' } },
    spec: {
      group,
      names: { plural, kind: `Kind${plural}` },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}

const refusedByEach: Readonly<Record<string, Request>> = {
  'postern-pods-stay-in-the-mesh': creation('managed', pod({}, { labels: { 'sidecar.istio.io/inject': 'false' } })),
  'postern-containers-have-no-power': creation('managed', pod({ hostNetwork: true })),
  'postern-nobody-enters-the-proxy': execution('istio-proxy'),
  'postern-only-postern-writes': {
    method: 'POST',
    path: '/apis/networking.k8s.io/v1/namespaces/managed/networkpolicies',
    body: { metadata: { name: 'mine' }, spec: { podSelector: {}, policyTypes: ['Egress'] } },
  },
  'postern-coverage-stays': patch('/api/v1/namespaces/managed', { metadata: { labels: { egress: null } } }),
  'postern-cluster-wide-policies': {
    method: 'POST',
    path: '/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies',
    body: { apiVersion: 'cilium.io/v2', kind: 'Kindciliumclusterwidenetworkpolicies', metadata: { name: 'mine' } },
  },
  'postern-pod-gate': patch(
    '/api/v1/namespaces/free/pods/there/status',
    { metadata: { labels: { a: 'b' } } },
    'controller',
  ),
};
