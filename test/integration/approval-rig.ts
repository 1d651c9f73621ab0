import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { runPostern, type Ran } from '../../src/cli/testing/run-postern.ts';
import { startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

/** Alice and Bob approve, Carol may make the object and not approve, Dan is on duty; all of them write policies. */
export const people = ['alice', 'bob', 'carol', 'dan'] as const;
export type Person = (typeof people)[number];
export const userOf = (person: Person): string => `system:serviceaccount:shop:${person}`;

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const group = '/apis/postern.dev/v1alpha1';
export const policies = `${group}/namespaces/shop/egresspolicies`;
export const approvals = `${group}/namespaces/shop/egressapprovals`;
export const waiting = { timeout: 80_000, interval: 100 };

const seenSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({}),
  status: z
    .looseObject({
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() }))
        .default([]),
      policy: z.looseObject({ author: z.string().optional() }).optional(),
    })
    .default({ conditions: [] }),
});
export type Seen = z.infer<typeof seenSchema>;

/** People at a real API server with the admission policies for approvals in force. */
export class ApprovalRig {
  readonly server: KubeApiserver;
  readonly #directory = mkdtempSync(join(tmpdir(), 'postern-approval-'));

  private constructor(server: KubeApiserver) {
    this.server = server;
  }

  static async start(): Promise<ApprovalRig> {
    const rig = new ApprovalRig(await startKubeApiserver());
    try {
      await rig.#prepare();
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    rmSync(this.#directory, { recursive: true });
    await this.server.stop();
  }

  async get(path: string): Promise<Seen> {
    return seenSchema.parse((await this.server.send('GET', path)).body);
  }

  async list(path: string): Promise<readonly Seen[]> {
    return z.looseObject({ items: z.array(seenSchema) }).parse((await this.server.send('GET', path)).body).items;
  }

  /** `done`, or the words of the API server. */
  async as(person: Person, method: string, path: string, body?: unknown): Promise<string> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await this.server.send(method, path, body, {
      'impersonate-user': userOf(person),
      'content-type': type,
    });
    return answer.status < 300 ? 'done' : JSON.stringify(answer.body);
  }

  /** Writes a policy that leads to these networks, with an author or without. */
  write(person: Person, name: string, networks: readonly string[], author?: string): Promise<string> {
    return this.as(person, 'POST', policies, policyOf(name, networks, author));
  }

  edit(person: Person, name: string, networks: readonly string[], author: Person = person): Promise<string> {
    const metadata = { annotations: { 'postern.dev/author': userOf(author) } };
    return this.as(person, 'PATCH', `${policies}/${name}`, { metadata, spec: { to: [entry(networks)] } });
  }

  /** An approval as a user might write it by hand. */
  async approval(name: string, fields: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { metadata } = await this.get(`${policies}/${name}`);
    const policy = { name, uid: metadata.uid, generation: metadata.generation, digest: 'f'.repeat(64) };
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const spec = { policy, decision: 'Approved', until, ...fields };
    return { apiVersion: 'postern.dev/v1alpha1', kind: 'EgressApproval', metadata: { generateName: 'by-hand-' }, spec };
  }

  async condition(name: string, type = 'Approved'): Promise<string> {
    const { status } = await this.get(`${policies}/${name}`);
    const found = status.conditions.find((one) => one.type === type);
    return found === undefined ? 'not asked' : `${found.status} ${found.reason}: ${found.message}`;
  }

  postern(person: Person, ...argv: readonly string[]): Promise<Ran> {
    const { signal } = new AbortController();
    const kubeconfig = ['--kubeconfig', this.kubeconfig(person)];
    return runPostern([...argv, ...kubeconfig], { environment: { cluster: 'blue' }, signal });
  }

  kubeconfig(account: string): string {
    return join(this.#directory, account);
  }

  /** Writes a file. @returns where it is */
  file(name: string, text: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, text);
    return path;
  }

  async #prepare(): Promise<void> {
    const { server } = this;
    const done = async (args: readonly string[], stdin?: string): Promise<void> =>
      expect(await server.kubectl(args, stdin)).toMatchObject({ code: 0 });
    await done(['apply', '-k', folder('crds')]);
    const served = async (): Promise<void> =>
      expect((await server.send('GET', `${group}/egressdelegations`)).status).toBe(200);
    await vi.waitFor(served, waiting);
    await done(['apply', '-f', '-'], world);
    await done(['apply', '-k', folder('deploy/admission/approval')]);
    // The controller has the rights that are shipped, and the account that the admission policy knows.
    await done(['apply', '-f', folder('deploy/base/controller-rights.yaml')]);
    for (const person of people) await this.#enrol(person, 'shop');
    await this.#enrol('postern-controller', 'postern-system');
    // A policy takes effect some time after it was made.
    const refused = async (answer: Promise<string>, by: string): Promise<void> => expect(await answer).toContain(by);
    const networks = ['192.0.2.0/25'];
    const unsigned = (): Promise<string> =>
      this.as('alice', 'POST', `${policies}?dryRun=All`, policyOf('probe', networks, undefined));
    await vi.waitFor(() => refused(unsigned(), 'postern-authors'), waiting);
    expect(await this.write('alice', 'probe', networks, userOf('alice'))).toBe('done');
    const forged = await this.approval('probe', { approver: userOf('bob') });
    await vi.waitFor(
      () => refused(this.as('alice', 'POST', `${approvals}?dryRun=All`, forged), 'postern-approvers'),
      waiting,
    );
    await done(['delete', '-n', 'shop', 'egp,ega', '--all']);
  }

  async #enrol(account: string, namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const answer = await this.server.send('POST', path, body);
    const { status } = z.looseObject({ status: z.looseObject({ token: z.string() }) }).parse(answer.body);
    const config = kubeconfigSchema.parse(parse(readFileSync(this.server.kubeconfig, 'utf8')));
    const users = config.users.map(({ name }) => ({ name, user: { token: status.token } }));
    writeFileSync(this.kubeconfig(account), stringify({ ...config, users }));
  }
}

const kubeconfigSchema = z.looseObject({ users: z.array(z.looseObject({ name: z.string() })) });

function policyOf(name: string, networks: readonly string[], author: string | undefined): unknown {
  const metadata = { name, ...(author !== undefined && { annotations: { 'postern.dev/author': author } }) };
  const spec = { subject: { allPods: true }, to: [entry(networks)] };
  return { apiVersion: 'postern.dev/v1alpha1', kind: 'EgressPolicy', metadata, spec };
}

function entry(networks: readonly string[]): unknown {
  return { networks, ports: [{ port: 443, protocol: 'TCP' }] };
}

const bindings = [
  ...people.map((person) => ['shop', 'policy-writer', person] as const),
  ['strict', 'policy-writer', 'alice'],
  ['shop', 'postern-approver', 'alice'],
  ['shop', 'postern-approver', 'bob'],
  ['shop', 'approval-maker', 'carol'],
  ['shop', 'postern-break-glass', 'dan'],
] as const;

const world = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Namespace
metadata: { name: postern-system }
---
apiVersion: v1
kind: Namespace
metadata: { name: strict, labels: { tier: strict } }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { nodeName: n1, containers: [{ name: main, image: none }] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: policy-writer }
rules: [{ apiGroups: [postern.dev], resources: [egresspolicies], verbs: [create, get, list, patch, update] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: approval-maker }
rules: [{ apiGroups: [postern.dev], resources: [egressapprovals, egressapprovals/status], verbs: ['*'] }]
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }
---
apiVersion: postern.dev/v1alpha1
kind: EgressDelegation
metadata: { name: teams }
spec:
  allNamespaces: true
  destinations: Any
  widestNetwork: { ipv4: 24, ipv6: 48 }
  ports: [{ port: 443, protocol: TCP }]
  denyRules: Forbidden
  maxDestinations: 4
  beyond: WaitForApproval
  approval: { fourEyes: Required, maxDays: 30, breakGlassHours: 4 }
---
apiVersion: postern.dev/v1alpha1
kind: EgressDelegation
metadata: { name: strict }
spec:
  namespaceSelector: { matchExpressions: [{ key: tier, operator: In, values: [strict] }] }
  destinations: Any
  widestNetwork: { ipv4: 28, ipv6: 64 }
  ports: [{ port: 443, protocol: TCP }, { port: 8000, endPort: 8080, protocol: TCP }]
  denyRules: Forbidden
  maxDestinations: 2
  beyond: Refuse
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: approvals }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: postern-approvals-reader }
subjects: [{ kind: ServiceAccount, name: bob, namespace: shop }]
---
${people.map((name) => `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, namespace: shop }\n`).join('---\n')}---
${bindings
  .map(
    ([namespace, role, person]) => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ${role}-${person}, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role} }
subjects: [{ kind: ServiceAccount, name: ${person}, namespace: shop }]
`,
  )
  .join('---\n')}`;
