import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { namesIn, textOf } from '../../../../kit/common/api/json.ts';
import { plainResource } from '../../../../kit/common/ownership/resources.ts';
import type { SeenRule } from '../../../../kit/ordered-table/rule-sequence.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { rowsOf } from '../../api/envelope.ts';
import { readTable } from '../../api/tables.ts';
import type { FortigateConfig } from '../../config.ts';
import { tables } from '../../objects/names.ts';
import type { Fortigate } from '../device.ts';

/*
 * Policies of others in the VDOM, with what they refer to: they decide before ours or behind them. Read for those who
 * judge the device, never to change anything.
 */

/** A policy as it was read: its row, what it is to us, and its attributes in our form. */
export interface SeenPolicy {
  readonly seen: SeenRule;
  readonly spec: JsonObject;
}

/** Tables in which a policy finds the objects that a field of it names. */
const holders = {
  4: [tables.address, 'firewall/addrgrp'],
  6: [tables.address6, 'firewall/addrgrp6'],
  service: [tables.service, 'firewall.service/group'],
} as const;
type Holder = keyof typeof holders;

const unreadable = ['not-found', 'forbidden'] as const;
/** So many objects are asked for one by one; more of them by their tables. */
const fewObjects = 32;

export async function readOthers(device: Fortigate, policies: readonly SeenPolicy[]): Promise<readonly Resource[]> {
  let behind = 0;
  const rules: Resource[] = [];
  for (const { seen, spec } of policies) {
    if (!seen.enabled) continue;
    if (seen.ours) behind += 1;
    else if (mayMeet(spec, device.config)) rules.push(foreignRule(seen, spec, behind));
  }
  const named = (fields: readonly string[]): string[] =>
    rules.flatMap(({ spec }) => fields.flatMap((field) => namesIn(spec[field])));
  const objects = [
    await readObjects(device, 4, named(['srcaddr', 'dstaddr'])),
    await readObjects(device, 6, named(['srcaddr6', 'dstaddr6'])),
    await readObjects(device, 'service', named(['service'])),
  ];
  return [...rules, ...objects.flat()];
}

function foreignRule({ id, name, denies }: SeenRule, spec: JsonObject, position: number): Resource {
  const effect = denies ? 'Deny' : 'Accept';
  return { ...plainResource(tables.policy, name || `#${id}`, spec), effect, position };
}

/** Between interfaces of which none is the cluster's, or none leads to a destination, there are no flows of ours. */
function mayMeet(spec: JsonObject, { srcInterfaces, dstInterfaces }: FortigateConfig): boolean {
  const meet = (theirs: readonly string[], ours: readonly string[]): boolean =>
    [theirs, ours].some((side) => side.includes('any')) || theirs.some((name) => ours.includes(name));
  return meet(namesIn(spec['srcintf']), srcInterfaces) && meet(namesIn(spec['dstintf']), dstInterfaces);
}

/** Objects by name, and those that groups among them name. What may not be read or is of another kind is not among them. */
async function readObjects(device: Fortigate, holder: Holder, names: readonly string[]): Promise<readonly Resource[]> {
  const found = new Map<string, Resource>();
  const asked = new Set(['all', 'ALL', '']);
  let wanted = [...new Set(names)].filter((name) => !asked.has(name));
  const all = wanted.length > fewObjects ? await readAll(device, holder) : undefined;
  while (wanted.length > 0) {
    for (const name of wanted) asked.add(name);
    const read = all ? wanted.flatMap((name) => all.get(name) ?? []) : await readEach(device, holder, wanted);
    for (const resource of read) found.set(resource.name, resource);
    wanted = [...new Set(read.flatMap(({ spec }) => namesIn(spec['member'])))].filter((name) => !asked.has(name));
  }
  return [...found.values()];
}

async function readAll({ ask }: Fortigate, holder: Holder): Promise<ReadonlyMap<string, Resource>> {
  const found = new Map<string, Resource>();
  for (const table of holders[holder]) {
    const read = await unlessRefused(readTable(ask, table), ...unreadable);
    for (const row of read?.rows ?? []) found.set(textOf(row['name']), objectIn(table, row));
  }
  return found;
}

async function readEach({ ask }: Fortigate, holder: Holder, names: readonly string[]): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const name of names) {
    for (const table of holders[holder]) {
      const asked = ask({ method: 'GET', base: 'cmdb', table, keys: [name] });
      const envelope = await unlessRefused(asked, ...unreadable);
      const [row] = envelope === undefined ? [] : rowsOf(envelope);
      if (row === undefined) continue;
      found.push(objectIn(table, row));
      break;
    }
  }
  return found;
}

function objectIn(table: string, row: JsonObject): Resource {
  return plainResource(table, textOf(row['name']), row);
}
