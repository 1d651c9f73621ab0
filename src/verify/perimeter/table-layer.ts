import type { DesiredState, Verdict } from '../../core/model/desired.ts';
import type { DeviceTable, TableRule } from '../../core/model/table.ts';
import { sourceIndex, type Decision } from './desired.ts';
import type { RuleScope } from '../flows/flow-set.ts';
import { addressIntervals, everyAddress, portIntervals } from '../flows/intervals.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import { sameFamily, type Probe } from '../flows/probes.ts';
import { remembered } from '../values/remembered.ts';
import { certain } from './foreign-rules.ts';
import { readTable } from './table.ts';

/** What a device does with every probe, per source address. */
export interface TableLayer {
  /** Equal for sources that every rule treats alike. */
  readonly classOf: (source: string) => string;
  /** One number per probe: the rule that decides, or -1 for none of them, or -2 where there is no such flow. */
  readonly deciders: (source: string) => Int32Array;
  /** One byte per probe: 1 where it lets the flow out from each of the sources that can have it, and one can. */
  readonly letOut: (sources: readonly string[]) => Uint8Array;
  /** Rules of others that may decide a probe otherwise, by its index: what they match is not known. */
  readonly doubts: (source: string) => ReadonlyMap<number, TableRule>;
  readonly verdictOf: (decider: number) => Verdict;
  readonly ruleOf: (decider: number) => string;
  /** Of any flow, probe or not. */
  readonly decide: (source: string, flow: Omit<Probe, 'index'>) => Decision;
}

export const noSuchFlow = -2;

export function tableLayer(table: DeviceTable, fallback: Verdict, index: ProbeIndex): TableLayer {
  const { rules } = table;
  const { setsOf, rulesOf } = bySources(rules);
  const within = withinOnce(index);
  const known = new Map<string, Int32Array>();
  const ask = readTable({ rules: certain(rules), fallback });
  const doubtsOf = new Map<Int32Array, ReadonlyMap<number, TableRule>>();
  const classOf = (source: string): string => `${source.includes(':') ? 6 : 4} ${setsOf(source).sort().join()}`;
  const verdictOf = (decider: number): Verdict =>
    decider === noSuchFlow ? 'Deny' : (rules[decider]?.action ?? fallback);
  const judge = (source: string): Int32Array => {
    const deciders = new Int32Array(index.probes.length).fill(-1);
    for (const probe of index.probes) if (!sameFamily(source, probe)) deciders[probe.index] = noSuchFlow;
    const doubtful: (readonly [number, TableRule])[] = [];
    const candidates = new Set(setsOf(source).flatMap((set) => rulesOf.get(set) ?? []));
    for (const at of [...candidates].sort((a, b) => a - b)) {
      const rule = rules[at];
      if (rule === undefined) continue;
      for (const probe of within(rule, source.includes(':') ? 6 : 4)) {
        if (deciders[probe.index] !== -1) continue;
        if (rule.doubt === undefined) deciders[probe.index] = at;
        else doubtful.push([probe.index, rule]);
      }
    }
    // Where what decides in the end says the same, it does not matter.
    const differing = doubtful.filter(([at, { action }]) => verdictOf(deciders[at] ?? noSuchFlow) !== action);
    doubtsOf.set(deciders, new Map(differing.toReversed()));
    return deciders;
  };
  const bySource = new Map<string, Int32Array>();
  const deciders = (source: string): Int32Array => {
    const again = bySource.get(source);
    if (again) return again;
    const key = classOf(source);
    const found = known.get(key) ?? judge(source);
    known.set(key, found);
    bySource.set(source, found);
    return found;
  };
  // Most pods have one address, and a device treats most of these alike.
  const letOutByOne = remembered((decided: Int32Array) => letOutBy([decided], index.probes.length, verdictOf));
  const letOut = remembered((sources: readonly string[]): Uint8Array => {
    const decided = [...new Set(sources.map(deciders))];
    const [only] = decided;
    return only !== undefined && decided.length === 1
      ? letOutByOne(only)
      : letOutBy(decided, index.probes.length, verdictOf);
  });
  return {
    classOf,
    deciders,
    letOut,
    doubts: (source) => doubtsOf.get(deciders(source)) ?? new Map<number, TableRule>(),
    verdictOf,
    ruleOf: (decider) => rules[decider]?.name ?? 'default',
    decide: (source, { host, address, port, protocol }) =>
      ask({ src: source, port, protocol, ...(host && { host }), ...(address && { dst: address }) }),
  };
}

/** @param decidedBy what decides each of the probes, for each source */
function letOutBy(decidedBy: readonly Int32Array[], probes: number, verdictOf: TableLayer['verdictOf']): Uint8Array {
  const found = new Uint8Array(probes);
  const denied = new Uint8Array(probes);
  for (const decided of decidedBy) {
    for (const [probe, decider] of decided.entries()) {
      if (decider === noSuchFlow) continue;
      if (verdictOf(decider) === 'Deny') denied[probe] = 1;
      else found[probe] = 1;
    }
  }
  return found.map((isOut, probe) => (denied[probe] === 1 ? 0 : isOut));
}

/** Rules share lists of sources; each list is looked up once. */
function bySources(rules: readonly TableRule[]): {
  readonly setsOf: (source: string) => string[];
  readonly rulesOf: ReadonlyMap<string, readonly number[]>;
} {
  const ids = new Map<string, string>();
  const known = new Map<readonly string[], string>();
  const rulesOf = new Map<string, number[]>();
  const groups: DesiredState['groups'][number][] = [];
  for (const [at, { sources }] of rules.entries()) {
    const text = known.has(sources) ? '' : sources.join();
    const id = known.get(sources) ?? ids.get(text) ?? `${ids.size}`;
    if (!known.has(sources) && !ids.has(text)) {
      ids.set(text, id);
      groups.push({ id, role: 'Accept', title: '', members: sources });
    }
    known.set(sources, id);
    const own = rulesOf.get(id);
    if (own) own.push(at);
    else rulesOf.set(id, [at]);
  }
  return { setsOf: sourceIndex({ groups }), rulesOf };
}

/** Rules with one destination and the same ports are about the same probes. */
function withinOnce(index: ProbeIndex): (rule: TableRule, family: 4 | 6) => readonly Probe[] {
  const known = new Map<string, readonly Probe[]>();
  return ({ destination: { any, names, networks }, ports }, family) => {
    const ranges = ports.map(({ port, endPort = port, protocol }) => `${protocol}${port}-${endPort}`);
    const key = [family, any, names.join(), networks.join(), ranges.join()].join(' ');
    const found = known.get(key) ?? index.within(reachOf({ any, names, networks }, ports, family));
    known.set(key, found);
    return found;
  };
}

/** A rule for every address of a family is about every name that is asked for from it. */
function reachOf(
  { any, names, networks }: TableRule['destination'],
  ports: TableRule['ports'],
  family: 4 | 6,
): RuleScope {
  const everyName = any || networks.includes(family === 4 ? '0.0.0.0/0' : '::/0');
  const addresses = any ? everyAddress : addressIntervals(networks);
  return { everyName, names, addresses, ports: portIntervals(ports) };
}
