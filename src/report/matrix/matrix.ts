import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { scopeText, split, type RuleScope } from '../../verify/flows/flow-set.ts';
import { strictest, type Answer, type PodPolicies } from '../../verify/intent/intent.ts';
import { policiesOfPods, workloadsOf } from '../../verify/intent/workloads.ts';
import type { Remaining } from '../../verify/values/time.ts';
import type { Who } from '../report.ts';
import { columnsOf, type Column } from './columns.ts';

/** One application: the pods of one workload under one ServiceAccount. */
export interface Row extends Who {
  /** One answer per column. */
  readonly cells: readonly Answer[];
}

/** Whether every workload may reach every external destination. */
export interface Matrix {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** One cell as `postern matrix -o json` prints it. */
export interface Entry extends Who {
  readonly destination: string;
  readonly port: number | string;
  readonly protocol: string;
  readonly verdict: Answer['verdict'] | 'Unknown';
  readonly policy: string | null;
  readonly tier: Answer['tier'];
  /** Only with Deny: some of its addresses, ports or pods are accepted. */
  readonly partial?: true;
}

/** The effective permission of every workload to every external destination and port, sorted. Only live pods count. */
export function matrixOf(snapshot: Snapshot, remaining: Remaining): Matrix {
  const columns = columnsOf(snapshot);
  return { columns, rows: [...matrixRows(snapshot, columns, remaining)] };
}

/** The cost is the pods, plus for every distinct set of rules that pods are subject to the columns that these are about. */
export function matrixRows(snapshot: Snapshot, columns: readonly Column[], remaining: Remaining): Iterable<Row> {
  return rowsOf<Pod>(workloadsOf(snapshot.pods), columns, policiesOfPods(snapshot, remaining));
}

/** The same of workloads whose pods are anything that policies are known of. */
export function* rowsOf<P>(
  workloads: Iterable<Who & { readonly pods: readonly P[] }>,
  columns: readonly Column[],
  policiesOf: (pod: P) => PodPolicies,
): Iterable<Row> {
  const judged = new Map<string, readonly Answer[]>();
  const met = metBy(columns);
  const cellsOf = ({ key, rules, fallback, judge }: PodPolicies): readonly Answer[] => {
    const known = judged.get(key);
    if (known !== undefined) return known;
    const cells = columns.map(() => fallback);
    for (const at of new Set(rules.flatMap(({ scope }) => met(scope))))
      cells[at] = strictest((columns[at]?.flows ?? []).map(judge));
    judged.set(key, cells);
    return cells;
  };
  for (const { pods, ...who } of workloads) {
    // During a rollout the pods of one workload may differ in labels; it may do only what all of them may do.
    const alike = new Map(pods.map((pod) => policiesOf(pod)).map((found) => [found.key, found]));
    const [cells = [], ...more] = [...alike.values()].map(cellsOf);
    const strict =
      more.length === 0 ? cells : cells.map((cell, at) => strictest([cell, ...more.flatMap((c) => c[at] ?? [])]));
    yield { ...who, cells: strict };
  }
}

/** The columns of which a rule meets any flow, by its scope; thousands of policies name the same few hundred services. */
function metBy(columns: readonly Column[]): (scope: RuleScope) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  const texts = new Map<RuleScope, string>();
  return (scope) => {
    const text = texts.get(scope) ?? scopeText(scope);
    texts.set(scope, text);
    const found =
      known.get(text) ??
      columns.flatMap(({ flows }, at) => (flows.some((flow) => split(flow, scope).inside.length > 0) ? [at] : []));
    known.set(text, found);
    return found;
  };
}

/** The cells, row by row. */
export function* entriesOf({ columns, rows }: Matrix): Iterable<Entry> {
  for (const { cells, ...who } of rows) {
    for (const [at, { verdict: judged, policy, tier, partial, unknown }] of cells.entries()) {
      const column = columns[at];
      if (column === undefined) continue;
      const { destination, port, protocol } = column;
      const verdict = unknown ? ('Unknown' as const) : judged;
      const entry = { ...who, destination, port, protocol, verdict, policy, tier };
      yield partial ? { ...entry, partial } : entry;
    }
  }
}
