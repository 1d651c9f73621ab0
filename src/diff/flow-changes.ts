import { compareText } from '../api/problem.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import type { FlowSet } from '../verify/flows/flow-set.ts';
import type { Answer, PodPolicies } from '../verify/intent/intent.ts';
import { policiesOfPods, workloadsOf, type Workload } from '../verify/intent/workloads.ts';
import type { Remaining } from '../verify/values/time.ts';
import { changedPlaces, type Place } from './destinations.ts';
import { byPort, byTarget, type PortText } from './flow-texts.ts';

/** What a world says of a flow. */
export interface Decision extends Pick<Answer, 'verdict' | 'policy' | 'tier'> {
  /** Only some pods of the workload may: those of one step of a rollout. */
  readonly partial?: true;
  /** Of the past: not known. */
  readonly unknown?: true;
}

/** Flows that change in the same way, of every workload that they are the same for. */
export interface FlowChange extends PortText {
  /** `unknown`: one of the two moments is not known. */
  readonly change: 'opened' | 'closed' | 'moved' | 'unknown';
  /** Name of an ExternalService, or an inline name or network. */
  readonly destination: string;
  /** The names and networks of it that change, exactly. */
  readonly targets: readonly string[];
  /** Null: the workload is not there. */
  readonly before: Decision | null;
  readonly after: Decision | null;
  /** The same as sets. */
  readonly flows: readonly FlowSet[];
  readonly workloads: readonly Who[];
}

/**
 * Every flow that one world lets out and the other does not, and those that another policy decides. Exact: destinations are cut
 * where the rules of either world cut them. The cost is the pods, plus what changes for every distinct pair of sets of rules.
 */
export function flowChanges(before: Snapshot, after: Snapshot, remaining: Remaining): readonly FlowChange[] {
  return changesBetween(policiesByWorkload(before, remaining), policiesByWorkload(after, remaining));
}

/** The same of worlds of which only this is known, by what identifies a workload. */
export function changesBetween(before: SubjectsById, after: SubjectsById): readonly FlowChange[] {
  const pairs = pairsOf(before, after);
  const found = new Map<string, FlowChange & { workloads: Who[] }>();
  for (const { was, is, workloads } of pairs) {
    for (const [key, change] of changesOf(was, is)) {
      const known = found.get(key);
      if (known) for (const who of workloads) known.workloads.push(who);
      else found.set(key, { ...change, workloads: [...workloads] });
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      compareText(a.destination, b.destination) ||
      compareText(`${a.protocol} ${a.port}`, `${b.protocol} ${b.port}`) ||
      compareText(a.after?.policy ?? '', b.after?.policy ?? ''),
  );
}

/** Workloads whose pods are subject to the same rules before, and to the same after. */
interface Pair {
  readonly was: readonly PodPolicies[];
  readonly is: readonly PodPolicies[];
  readonly workloads: Who[];
}

function pairsOf(was: SubjectsById, is: SubjectsById): Iterable<Pair> {
  const pairs = new Map<string, Pair>();
  for (const [id, { workload }] of new Map([...is, ...was])) {
    const [old, own] = [was, is].map((side) => [...(side.get(id)?.policies ?? [])]);
    const key = JSON.stringify([old, own].map((side) => side?.map(([one]) => one).sort()));
    const pair = pairs.get(key) ?? {
      was: old?.map(([, one]) => one) ?? [],
      is: own?.map(([, one]) => one) ?? [],
      workloads: [],
    };
    pair.workloads.push(workload);
    pairs.set(key, pair);
  }
  return pairs.values();
}

/** Whose flows: of several clusters, in which. */
export interface Who extends Pick<Workload, 'namespace' | 'workload' | 'serviceAccount'> {
  readonly cluster?: string;
}

export interface Subjects {
  readonly workload: Who;
  /** Those of its pods, by what makes them differ. */
  readonly policies: ReadonlyMap<string, PodPolicies>;
}

export type SubjectsById = ReadonlyMap<string, Subjects>;

function policiesByWorkload({ pods, ...world }: Snapshot, remaining: Remaining): SubjectsById {
  const policiesOf = policiesOfPods({ pods, ...world }, remaining);
  return subjectsById(workloadsOf(pods), policiesOf);
}

export function subjectsById<P>(
  workloads: readonly (Who & { readonly pods: readonly P[] })[],
  policiesOf: (pod: P) => PodPolicies,
): SubjectsById {
  return new Map(
    workloads.map((workload) => {
      const { cluster = '', namespace, workload: name, serviceAccount } = workload;
      const policies = new Map(workload.pods.map(policiesOf).map((found) => [found.key, found]));
      return [JSON.stringify([cluster, namespace, name, serviceAccount]), { workload, policies }];
    }),
  );
}

type Found = Omit<FlowChange, 'workloads' | 'targets' | 'flows'> & {
  readonly targets: string[];
  readonly flows: FlowSet[];
};

function changesOf(was: readonly PodPolicies[], is: readonly PodPolicies[]): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const place of changedPlaces(was, is)) {
    for (const part of place.flows.flatMap((flows) => partsOf(flows, was, is))) {
      const before = decisionOf(part.was);
      const after = decisionOf(part.is);
      const change = changeOf(before, after);
      if (change !== undefined)
        for (const row of rowsOf(place, part.flows)) add(found, { change, ...row, before, after });
    }
  }
  return merged(found);
}

interface Part {
  readonly flows: FlowSet;
  readonly was: readonly Answer[];
  readonly is: readonly Answer[];
}

/** Cut until each world says the same of all flows of a part. */
function partsOf(flows: FlowSet, was: readonly PodPolicies[], is: readonly PodPolicies[]): readonly Part[] {
  let parts: readonly Part[] = [{ flows, was: [], is: [] }];
  for (const policies of was)
    parts = parts.flatMap((part) =>
      policies.partsOf(part.flows).map((cut) => ({ ...part, flows: cut.flows, was: [...part.was, cut.answer] })),
    );
  for (const policies of is)
    parts = parts.flatMap((part) =>
      policies.partsOf(part.flows).map((cut) => ({ ...part, flows: cut.flows, is: [...part.is, cut.answer] })),
    );
  return parts;
}

function decisionOf(answers: readonly Answer[]): Decision | null {
  const accepted = answers.filter(({ verdict }) => verdict === 'Accept');
  const [decisive] = [...accepted, ...answers];
  if (decisive === undefined) return null;
  const { verdict, policy, tier } = decisive;
  if (answers.some(({ unknown }) => unknown)) return { verdict: 'Deny', policy: null, tier: null, unknown: true };
  const partial = accepted.length > 0 && accepted.length < answers.length;
  return { verdict, policy, tier, ...(partial && { partial }) };
}

/** No pod, some pods, all pods: more is opened, so that access of a single new pod is not missed. */
function changeOf(before: Decision | null, after: Decision | null): FlowChange['change'] | undefined {
  if (before?.unknown ?? after?.unknown) return 'unknown';
  const [less, more] = [letting(before), letting(after)];
  if (more !== less) return more > less ? 'opened' : 'closed';
  // That a policy denies what was denied without it, or the other way round, changes no flow.
  const [was, is] = [before?.policy ?? null, after?.policy ?? null];
  return was !== null && is !== null && was !== is ? 'moved' : undefined;
}

function letting(decision: Decision | null): 0 | 1 | 2 {
  if (decision?.verdict !== 'Accept') return 0;
  return decision.partial ? 1 : 2;
}

type Row = Pick<Found, 'destination' | 'targets' | 'port' | 'protocol' | 'flows'>;

/** For each port, and of what has no name of its own for each target. */
function rowsOf({ service }: Place, flows: FlowSet): readonly Row[] {
  return byPort(flows).flatMap(({ text: ports, is: onPort }) =>
    byTarget(onPort).map(({ text, is }) => ({ destination: service ?? text, targets: [text], ...ports, flows: [is] })),
  );
}

function add(found: Map<string, Found>, row: Found): void {
  const { change, destination, port, protocol, before, after } = row;
  const key = JSON.stringify([change, destination, port, protocol, before, after]);
  const known = found.get(key);
  if (known === undefined) {
    found.set(key, row);
    return;
  }
  for (const target of row.targets) if (!known.targets.includes(target)) known.targets.push(target);
  for (const flow of row.flows) known.flows.push(flow);
}

/** By what makes two of them the same for people, targets included. */
function merged(found: ReadonlyMap<string, Found>): ReadonlyMap<string, Found> {
  return new Map([...found].map(([key, row]) => [`${key} ${row.targets.sort().join()}`, row]));
}
