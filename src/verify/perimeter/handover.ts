import type { DeviceTable, TableRule } from '../../core/model/table.ts';
import { asNetwork } from '../../net/cidr.ts';
import { NetworkSet } from '../../net/network-set.ts';
import { differenceWithout } from './without-rule.ts';

/** Whose flows the point is about. */
export interface Handed {
  readonly table: DeviceTable;
  /** Addresses of the pods that the point covers, and networks that only pods have addresses of. */
  readonly about: NetworkSet;
  /** Those of these that nobody has. */
  readonly spare: NetworkSet;
}

export interface Handover {
  /** Rules of others that can be switched off one after the other, in this order, while every flow meets what it met. */
  readonly take: readonly string[];
  readonly stay: readonly { readonly rule: string; readonly reason: string }[];
}

/** Which rules of others are not needed any more beside ours, the last first: what stands above them is still there then. */
export function handover({ table, about, spare }: Handed): Handover {
  const take: string[] = [];
  let left: Handover['stay'] = namesOf(table.rules, about).map((rule) => ({ rule, reason: '' }));
  for (let before = -1; before < take.length;) {
    before = take.length;
    left = left.flatMap(({ rule }) => {
      const reason = reasonToStay(without(table, take), rule, spare);
      if (reason === undefined) take.push(rule);
      return reason === undefined ? [] : [{ rule, reason }];
    });
  }
  return { take, stay: left };
}

/** Undefined: it can be switched off now. */
export function reasonToStay(table: DeviceTable, name: string, spare: NetworkSet): string | undefined {
  const unlike = table.rules.find((rule) => rule.name === name && rule.unlike !== undefined)?.unlike;
  return unlike === undefined ? differenceWithout(table, name, spare) : `rules of ours are not like it: ${unlike}`;
}

function namesOf(rules: readonly TableRule[], about: NetworkSet): readonly string[] {
  const meets = ({ sources }: TableRule): boolean => !NetworkSet.of(sources.map(asNetwork)).intersect(about).isEmpty;
  // What another cluster has there is its own to keep.
  const theirs = rules.filter((rule) => rule.foreign === true && rule.cluster === undefined && meets(rule));
  return [...new Set(theirs.map(({ name }) => name))].reverse();
}

function without({ rules, fallback }: DeviceTable, names: readonly string[]): DeviceTable {
  return { fallback, rules: rules.filter(({ name, foreign }) => foreign !== true || !names.includes(name)) };
}
