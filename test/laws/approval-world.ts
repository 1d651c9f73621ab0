import fc from 'fast-check';
import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../src/api/kinds.ts';
import { kinds } from '../../src/api/kinds.ts';
import { apiVersion, authorAnnotation } from '../../src/api/meta.ts';
import type { ApprovalStatus } from '../../src/api/status.ts';
import type { Compiler } from '../../src/core/compile/compiler.ts';
import { ApprovedPolicies } from '../../src/controller/statuses/approved-policies.ts';
import * as build from '../../src/core/compile/testing/builders.ts';
import { digestOf, contentToReview } from '../../src/core/approval/reviewed-policy.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { canonical } from '../../src/core/model/json.ts';

/*
 * A namespace whose policy is edited, approved, denied, deleted and made again by people of whom some lie, with a controller
 * that writes down what it sees. The cluster counts generations as an API server does.
 */

const day = 86_400_000;
const start = Date.parse('2026-06-01T00:00:00Z');
export const key = 'shop/web';

/** The networks that a policy may name, none within another; the first two are within the delegation of this world. */
export const networks = ['203.0.113.0/24', '192.0.2.128/25', '198.51.0.0/16', '172.16.0.0/12'] as const;
type Network = (typeof networks)[number];

export type Step =
  | { readonly step: 'edit'; readonly to: readonly Network[]; readonly author: string; readonly ends?: number }
  | { readonly step: 'label'; readonly value: string; readonly author: string }
  | { readonly step: 'delete' | 'remake' | 'forget' | 'withdraw-approval' | 'echo' }
  | {
      readonly step: 'approve';
      readonly approver: string;
      readonly days: number;
      readonly lie: Lie;
      readonly denied: boolean;
    }
  | { readonly step: 'tamper'; readonly to: readonly Network[] }
  | { readonly step: 'delegate'; readonly beyond: 'Refuse' | 'WaitForApproval' | 'Nothing'; readonly fourEyes: boolean }
  | { readonly step: 'wait'; readonly days: number };
type Lie = 'none' | 'generation' | 'digest' | 'uid' | 'older';

const person = fc.constantFrom('alice', 'bob');
const to = fc.uniqueArray(fc.constantFrom(...networks), { minLength: 1, maxLength: 3 });

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant('edit' as const), to, author: person }) },
  fc.record({ step: fc.constant('label' as const), value: fc.constantFrom('a', 'b'), author: person }),
  fc.record({ step: fc.constantFrom('delete', 'remake', 'forget', 'withdraw-approval') }),
  { weight: 3, arbitrary: fc.record({ step: fc.constant('echo' as const) }) },
  {
    weight: 7,
    arbitrary: fc.record({
      step: fc.constant('approve' as const),
      approver: person,
      days: fc.constantFrom(1, 10, 200),
      lie: fc.constantFrom<Lie>('none', 'none', 'none', 'none', 'generation', 'digest', 'uid', 'older'),
      denied: fc.nat(6).map((one) => one === 0),
    }),
  },
  fc.record({ step: fc.constant('tamper' as const), to }),
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('delegate' as const),
      beyond: fc.constantFrom('Refuse', 'WaitForApproval', 'WaitForApproval', 'WaitForApproval', 'Nothing'),
      fourEyes: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('wait' as const), days: fc.constantFrom(1, 5, 30, -3) }) },
);

/** What the API server really had: the truth that no liar changes. */
export interface Version {
  readonly uid: string;
  readonly generation: number;
  readonly author: string;
  readonly to: readonly Network[];
  readonly digest: string;
}

/** What a person decided, having looked at a version that was the current one then. */
interface Decision {
  readonly name: string;
  readonly version: Version;
  readonly approver: string;
  readonly until: number;
  readonly lasts: number;
}

interface Written {
  readonly to: readonly Network[];
  readonly labels: Readonly<Record<string, string>>;
  readonly author: string;
  /** Days after the beginning. */
  readonly ends?: number | undefined;
}

export class World {
  policy: EgressPolicy | undefined;
  delegation: EgressDelegation | undefined;
  readonly approvals = new Map<string, EgressApproval>();
  readonly versions: Version[] = [];
  /** Of approvals that still stand and told the truth. */
  readonly decisions = new Map<string, Decision>();
  now = start;
  #uids = 0;
  #names = 0;
  readonly #controller = new ApprovedPolicies();

  /** Takes a step; the changes that the controller and the compiler see. */
  take(one: Step): readonly ObjectChange[] {
    const changes = this.#take(one);
    for (const change of changes) this.#controller.take(change);
    return changes;
  }

  get at(): string {
    return new Date(this.now).toISOString();
  }

  all(): readonly ObjectChange[] {
    return build.changesOf({
      ...(this.policy && { egressPolicies: [this.policy] }),
      ...(this.delegation && { egressDelegations: [this.delegation] }),
      egressApprovals: [...this.approvals.values()],
    });
  }

  #take(one: Step): readonly ObjectChange[] {
    switch (one.step) {
      case 'edit':
      case 'label':
        return this.#change(one);
      case 'delete':
        this.policy = undefined;
        return [build.gone('EgressPolicy', key)];
      case 'remake': {
        if (!this.policy) return [];
        const { to: same, author } = this.#current();
        this.policy = undefined;
        return [build.gone('EgressPolicy', key), ...this.#write({ to: same, labels: {}, author })];
      }
      case 'forget':
        // The controller restarts, and has seen nothing that is not written.
        return [...this.approvals.keys()].map((name) => build.gone('EgressApproval', name)).concat(this.all());
      case 'approve':
        return this.#approve(one);
      case 'withdraw-approval': {
        const [name] = this.approvals.keys();
        if (name === undefined) return [];
        this.approvals.delete(name);
        this.decisions.delete(name);
        return [build.gone('EgressApproval', name)];
      }
      case 'echo':
        return this.#echo();
      case 'tamper':
        return this.#tamper(one.to);
      case 'delegate':
        this.delegation = one.beyond === 'Nothing' ? undefined : delegationOf(one.beyond, one.fourEyes);
        return [{ kind: 'EgressDelegation', key: 'd', object: this.delegation }];
      case 'wait':
        this.now += one.days * day;
        return [];
    }
  }

  #change(one: Extract<Step, { step: 'edit' | 'label' }>): readonly ObjectChange[] {
    const { author } = one;
    if (one.step === 'edit')
      return this.#write({ to: one.to, labels: this.policy?.metadata.labels ?? {}, author, ends: one.ends });
    return this.policy ? this.#write({ to: this.#current().to, labels: { team: one.value }, author }) : [];
  }

  #tamper(networks: readonly Network[]): readonly ObjectChange[] {
    const [entry] = this.approvals;
    if (!entry) return [];
    const spec = { subject: { allPods: true }, action: 'Accept', to: networks.map(entryOf) };
    return [this.#setApproval({ ...entry[1], status: { policy: { labels: {}, spec, author: 'carol' } } })];
  }

  #current(): Version {
    return this.versions.at(-1)!;
  }

  #write(next: Written): ObjectChange[] {
    const before = this.policy;
    const ends =
      next.ends === undefined ? {} : { governance: { expiresAt: new Date(start + next.ends * day).toISOString() } };
    const spec = { subject: { allPods: true } as const, action: 'Accept' as const, to: next.to.map(entryOf), ...ends };
    const same = before !== undefined && canonical(before.spec) === canonical(spec);
    const uid = before?.metadata.uid ?? `uid-${(this.#uids += 1)}`;
    const generation = (before?.metadata.generation ?? 0) + (same ? 0 : 1);
    const policy = build.policy(key, spec, { uid, generation, labels: next.labels });
    const author =
      same && canonical(before.metadata.labels) === canonical(next.labels) ? this.#current().author : next.author;
    this.policy = { ...policy, metadata: { ...policy.metadata, annotations: { [authorAnnotation]: author } } };
    this.versions.push({ uid, generation, author, to: next.to, digest: digestOf(contentToReview(this.policy)) });
    return [{ kind: 'EgressPolicy', key, object: this.policy }];
  }

  #approve({ approver, days, lie, denied }: Extract<Step, { step: 'approve' }>): ObjectChange[] {
    if (!this.policy) return [];
    const current = this.#current();
    const about = lie === 'older' ? (this.versions.at(-2) ?? current) : current;
    const name = `shop/a-${(this.#names += 1)}`;
    const until = this.now + days * day;
    const approval: EgressApproval = {
      apiVersion,
      kind: 'EgressApproval',
      metadata: { ...metadataOf(name), creationTimestamp: this.at },
      spec: {
        policy: {
          name: 'web',
          uid: lie === 'uid' ? 'uid-0' : about.uid,
          generation: about.generation + (lie === 'generation' ? 1 : 0),
          digest: lie === 'digest' ? 'f'.repeat(64) : about.digest,
        },
        decision: denied ? 'Denied' : 'Approved',
        approver,
        ...(!denied && { until: new Date(until).toISOString() }),
      },
    };
    const isTrue = lie === 'none' || lie === 'older';
    if (isTrue && !denied) this.decisions.set(name, { name, version: about, approver, until, lasts: days });
    return [this.#setApproval(approval)];
  }

  /** What the controller has seen reaches the statuses, and comes back. */
  #echo(): ObjectChange[] {
    return [...this.approvals].map(([name, approval]) => {
      const before = statusOf(approval);
      const policy = this.#controller.of(name, before);
      const supersededBy = before?.supersededBy;
      const kept = { ...(policy && { policy }), ...(supersededBy !== undefined && { supersededBy }) };
      return this.#setApproval({ ...approval, status: kept });
    });
  }

  /** The controller writes down which approvals are over, as the compiler knows them. */
  remember(compiler: Pick<Compiler, 'supersededBy'>): void {
    for (const [name, approval] of this.approvals) {
      const supersededBy = compiler.supersededBy(name);
      if (supersededBy !== undefined)
        this.approvals.set(name, { ...approval, status: { ...statusOf(approval), supersededBy } });
    }
  }

  #setApproval(object: EgressApproval): ObjectChange {
    const name = `shop/${object.metadata.name}`;
    this.approvals.set(name, object);
    return { kind: 'EgressApproval', key: name, object };
  }
}

function statusOf(approval: EgressApproval): ApprovalStatus | undefined {
  return kinds.EgressApproval.status.safeParse(approval['status']).data;
}

function entryOf(network: Network): EgressPolicy['spec']['to'][number] {
  return { networks: [network], ports: [{ port: 443, protocol: 'TCP' }] };
}

function metadataOf(name: string): EgressApproval['metadata'] {
  const [namespace = '', last = ''] = name.split('/');
  return { name: last, namespace, uid: name, generation: 1, labels: {}, annotations: {} };
}

function delegationOf(beyond: 'Refuse' | 'WaitForApproval', fourEyes: boolean): EgressDelegation {
  return {
    apiVersion,
    kind: 'EgressDelegation',
    metadata: { name: 'd', uid: 'd', generation: 1, labels: {}, annotations: {} },
    spec: {
      allNamespaces: true,
      destinations: 'Any',
      widestNetwork: { ipv4: 24, ipv6: 48 },
      ports: [{ port: 443, protocol: 'TCP' }],
      denyRules: 'Forbidden',
      maxDestinations: 10,
      beyond,
      ...(beyond === 'WaitForApproval' && {
        approval: { fourEyes: fourEyes ? 'Required' : 'NotRequired', maxDays: 90 },
      }),
    },
  };
}
