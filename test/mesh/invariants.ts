import { canonical } from '../../src/core/model/json.ts';
import { differing, keyOf, type WrittenObject } from '../../src/verify/mesh/checks/output.ts';
import type { Verdict } from '../../src/core/model/desired.ts';
import type { MeshAnswer, MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import type { MeshEvaluator } from '../../src/verify/mesh/evaluate.ts';
import type { MeshFinding } from '../../src/verify/mesh/checks/check.ts';

/*
 * What must hold between a mesh and the perimeter behind it, whatever wrote either.
 */

/** What the perimeter says of one flow, and by which rule; empty: its default. */
export interface PerimeterVerdict {
  readonly verdict: Verdict;
  readonly rule: string;
  /** Every rule that would let the flow through, were it the only one. */
  readonly covering?: readonly string[];
}

/** The perimeter as a function of what it sees: whose address comes, and where it goes. */
export type Perimeter = (
  from: { readonly kind: 'pod'; readonly client: MeshClient } | { readonly kind: 'gateway'; readonly gateway: string },
  to: {
    readonly host: string;
    readonly address: string;
    readonly port: number;
    readonly protocol: MeshTarget['protocol'];
  },
) => PerimeterVerdict;

export interface FlowUnderProof {
  readonly client: MeshClient;
  readonly target: MeshTarget;
}

/** The two layers side by side, for one flow. */
interface Case extends FlowUnderProof {
  readonly mesh: MeshAnswer;
  readonly perimeter: Perimeter;
}

/** An invariant that does not hold. */
export interface Broken extends Omit<MeshFinding, 'id'> {
  /** `I1` to `I7`, or `S28`. */
  readonly id: string;
}

interface Invariant {
  readonly id: string;
  readonly fix: string;
  /** What is broken; undefined: it holds. */
  readonly broken: (pair: Case) => string | undefined;
}

/** I1 to I5 are about flows; I6 is about rules, and I7 about the steps of a rollout. */
const invariants: readonly Invariant[] = [
  {
    id: 'I1',
    fix: 'Add the rule to the perimeter, or take the flow out of the mesh.',
    broken: ({ mesh, target, perimeter }) => {
      if (mesh.verdict !== 'Accept' || mesh.path === 'direct') return undefined;
      const { verdict, covering } = perimeter(
        { kind: 'gateway', gateway: mesh.gateway },
        { ...mesh.outside, protocol: target.protocol },
      );
      if (verdict === 'Deny') return `the mesh lets it out through ${mesh.gateway}, and the perimeter stops it`;
      return covering !== undefined && covering.length > 1
        ? `rules ${covering.join(', ')} all let it through`
        : undefined;
    },
  },
  // It may get round its proxy.
  {
    id: 'I2',
    fix: 'Remove the rule, or narrow it to those that the mesh lets out.',
    broken: ({ mesh, client, target, perimeter }) => {
      if (mesh.verdict !== 'Deny' || mesh.path === 'gateway' || mesh.path === 'waypoint') return undefined;
      const { verdict, rule } = perimeter({ kind: 'pod', client }, { ...whereTo(target), protocol: target.protocol });
      return verdict === 'Accept' ? `the mesh denies it, and ${rule} lets it through from the pod itself` : undefined;
    },
  },
  {
    id: 'I3',
    fix: 'Let the perimeter take such flows from the gateway only.',
    broken: ({ mesh, client, target, perimeter }) => {
      if (mesh.path !== 'gateway' && mesh.path !== 'waypoint') return undefined;
      const { verdict, rule } = perimeter({ kind: 'pod', client }, { ...whereTo(target), protocol: target.protocol });
      return verdict === 'Accept' ? `${rule} takes it from the pod itself, around ${mesh.gateway}` : undefined;
    },
  },
  {
    id: 'I4',
    fix: 'Write the target port of the ServiceEntry into the rule of the perimeter.',
    broken: ({ mesh, target, perimeter }) => {
      if (mesh.verdict !== 'Accept' || mesh.outside.port === target.port || mesh.path === 'direct') return undefined;
      const from = { kind: 'gateway', gateway: mesh.gateway } as const;
      const { verdict, rule } = perimeter(from, { ...mesh.outside, port: target.port, protocol: target.protocol });
      return verdict === 'Accept'
        ? `${rule} opens port ${target.port}, while it leaves through ${mesh.outside.port}`
        : undefined;
    },
  },
  // A wildcard covers every depth below its suffix, and not the suffix: both layers must read it so.
  {
    id: 'I5',
    fix: 'Expand the wildcard in the perimeter to what it means in the mesh.',
    broken: ({ mesh, client, target, perimeter }) => {
      if (target.host === undefined || mesh.path !== 'direct' || mesh.verdict !== 'Accept') return undefined;
      const { verdict } = perimeter({ kind: 'pod', client }, { ...mesh.outside, protocol: target.protocol });
      return verdict === 'Deny' ? `the mesh lets the name out, and the perimeter does not know it` : undefined;
    },
  },
];

/** Judges flows in both layers, and says where these part. For many pods judge one of each class. */
export function checkPerimeter(
  mesh: Pick<MeshEvaluator, 'judge'>,
  perimeter: Perimeter,
  flows: readonly FlowUnderProof[],
): readonly Broken[] {
  return flows.flatMap(({ client, target }) => {
    const pair: Case = { client, target, perimeter, mesh: mesh.judge(client, target) };
    const subject = `${client.namespace}/${client.serviceAccount} -> ${target.host ?? target.address ?? ''}:${target.port}`;
    return invariants.flatMap(({ id, fix, broken }) => {
      const message = broken(pair);
      return message === undefined ? [] : [{ id, severity: 'error' as const, subject, field: '', message, fix }];
    });
  });
}

/** I6: a rule that carries no mark of its destination cannot be joined with what the mesh logs. */
export function unmarkedRules(
  rules: readonly { readonly name: string; readonly marks: readonly string[] }[],
  destinations: ReadonlySet<string>,
): readonly Broken[] {
  return rules
    .filter(({ marks }) => !marks.some((mark) => destinations.has(mark)))
    .map(({ name }) => ({
      id: 'I6',
      severity: 'warning',
      subject: name,
      field: '',
      message: 'carries no mark of a destination in the mesh',
      fix: 'Tag the rule with the destination it is for.',
    }));
}

/**
 * I7: while access is granted or revoked step by step, no step lets a flow out that neither the beginning nor the end does.
 * The steps are whole meshes, the first and the last included.
 */
export function widerSteps(steps: readonly MeshEvaluator[], flows: readonly FlowUnderProof[]): readonly Broken[] {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return [];
  const reach = ({ judge }: MeshEvaluator, { client, target }: FlowUnderProof): string => {
    const { verdict, path, outside } = judge(client, target);
    return verdict === 'Deny' ? '' : `${path} ${outside.host} ${outside.port}`;
  };
  return flows.flatMap((flow) => {
    const allowed = new Set(['', reach(first, flow), reach(last, flow)]);
    return steps.flatMap((step, index) => {
      const way = reach(step, flow);
      if (allowed.has(way)) return [];
      const { client, target } = flow;
      const subject = `${client.namespace}/${client.serviceAccount} -> ${target.host ?? target.address ?? ''}:${target.port}`;
      const message = `after step ${index} it leaves (${way}), as neither before nor after`;
      return [
        {
          id: 'I7',
          severity: 'error' as const,
          subject,
          field: '',
          message,
          fix: 'Grant policies before routes and routes before hosts; revoke the other way round.',
        },
      ];
    });
  });
}

function whereTo({ host = '', address = '', port }: MeshTarget): {
  readonly host: string;
  readonly address: string;
  readonly port: number;
} {
  return { host, address, port };
}

/** What more and fewer sources for a destination that stays may change: who is let in, and who sees it. */
const sourceKinds = ['AuthorizationPolicy', 'ServiceEntry', 'VirtualService', 'Sidecar', 'NetworkPolicy'];

/** S28: a source that comes or goes touches what is about sources, and of hosts their exportTo alone. */
export function wideDiff(before: readonly WrittenObject[], after: readonly WrittenObject[]): readonly Broken[] {
  const isNarrow = (key: string): boolean => {
    if (!sourceKinds.includes(key.slice(0, key.indexOf('/')))) return false;
    if (!/^(ServiceEntry|VirtualService)\//.test(key)) return true;
    return canonical(withoutExport(find(before, key))) === canonical(withoutExport(find(after, key)));
  };
  return differing(before, after)
    .filter((key) => !isNarrow(key))
    .map((key) => ({
      id: 'S28',
      severity: 'error',
      subject: key,
      field: '',
      message: 'changes although only a source of the destination did',
      fix: 'Derive names and subsets from the destination alone.',
    }));
}

function find(objects: readonly WrittenObject[], key: string): WrittenObject | undefined {
  return objects.find((object) => keyOf(object) === key);
}

function withoutExport(object: WrittenObject | undefined): unknown {
  const { spec } = object ?? {};
  if (typeof spec !== 'object' || spec === null) return spec;
  return Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'exportTo'));
}
