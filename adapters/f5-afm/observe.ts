import type { ForeignCollision, Observed } from '../../src/adapter/adapter.ts';
import { namePrefix, readMark, type Owner } from '../../src/adapter/owner.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { occupiedBy, readBinding, type Binding } from './binding.ts';
import { itemsIn, readPartition, type Device } from './device.ts';
import { Inventory } from './inventory.ts';
import { contextResource } from './lower/enforcement.ts';
import { routeDomainOf } from './lower/context.ts';
import { listIn } from './lists.ts';
import {
  contextNames,
  entryName,
  ourSubject,
  ownPolicyName,
  pathOf,
  roleOf,
  ruleListName,
  tables,
  type Table,
} from './names.ts';
import {
  addressListSpec,
  entrySpec,
  groupResource,
  groupSpec,
  isObject,
  lastOf,
  plainResource,
  portListSpec,
  ruleResource,
  ruleSpec,
  scheduleSpec,
  textOf,
} from './native.ts';
import { checkActive } from './redundancy.ts';

/** What was read, and what a session keeps of it. */
export interface Observation {
  readonly observed: Observed;
  readonly inventory: Inventory;
}

const withRules = { expandSubcollections: 'true' };

/**
 * Everything of ours, collection by collection: the device likes one request at a time.
 *
 * @throws AdapterError when a collection cannot be read, or on a unit that is not the active one
 */
export async function observe(device: Device): Promise<Observation> {
  const { ask, config } = device;
  await checkActive(ask);
  const addressLists = await readPartition(device, tables.addressList);
  const portLists = await readPartition(device, tables.portList);
  const schedules = await readPartition(device, tables.schedule);
  const ruleLists = await readPartition(device, tables.ruleList, withRules);
  const policies = await readPartition(device, tables.policy, withRules);
  const reading = new Reading(device);
  reading.addressLists(addressLists.rows);
  reading.plain(tables.portList, portLists.rows, portListSpec);
  reading.plain(tables.schedule, schedules.rows, scheduleSpec);
  reading.ruleLists(ruleLists.rows);
  reading.policies(policies.rows);
  if (config.policy !== undefined) reading.shared(config.policy, await readPolicy(device, config.policy));
  for (const name of contextNames(config)) reading.context(await readBinding(ask, config, name));
  const complete = [addressLists, portLists, schedules, ruleLists, policies].every((read) => read.complete);
  const { inventory, resources, foreign } = reading;
  return { inventory, observed: { complete, resources, foreign } };
}

async function readPolicy({ ask }: Device, policy: string): Promise<JsonObject> {
  return await ask({ method: 'GET', collection: `tm/${tables.policy}`, object: policy, query: withRules });
}

/** Sorts objects into resources of ours, what belongs to them, and collisions. */
class Reading {
  readonly inventory = new Inventory();
  readonly resources: Resource[] = [];
  readonly foreign: ForeignCollision[] = [];
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  addressLists(rows: readonly JsonObject[]): void {
    const ours = this.#ours(tables.addressList, rows);
    const place = { partition: this.#device.config.partition, routeDomain: routeDomainOf(this.#device) };
    for (const { row, name } of ours) this.inventory.set(name, listIn(row, name, place));
    for (const { row, name, subject } of ours) {
      if (roleOf(subject) !== 'None') {
        this.resources.push(groupResource(name, groupSpec(row), this.inventory.membersOf(name)));
      } else if (!this.inventory.isPart(name)) {
        this.resources.push(plainResource(tables.addressList, name, addressListSpec(row)));
      }
    }
  }

  plain(kind: Table, rows: readonly JsonObject[], spec: (row: JsonObject) => JsonObject): void {
    for (const { row, name } of this.#ours(kind, rows)) this.resources.push(plainResource(kind, name, spec(row)));
  }

  /** The list is ours as a whole: whatever somebody put into it is taken out again. */
  ruleLists(rows: readonly JsonObject[]): void {
    for (const { row, name } of this.#ours(tables.ruleList, rows)) {
      this.resources.push(plainResource(tables.ruleList, name, groupSpec(row)));
      if (name !== ruleListName(this.#device.owner)) continue;
      rulesIn(row).forEach((rule, position) => {
        this.resources.push(ruleResource(nameOf(rule), ruleSpec(rule), position, name));
      });
    }
  }

  policies(rows: readonly JsonObject[]): void {
    const { config } = this.#device;
    for (const { row, name } of this.#ours(tables.policy, rows)) {
      this.resources.push(plainResource(tables.policy, name, groupSpec(row)));
      for (const rule of rulesIn(row)) this.#entry(pathOf(config, name), rule);
    }
  }

  /** Of a policy of others the one rule of ours. */
  shared(policy: string, row: JsonObject): void {
    const { owner } = this.#device;
    for (const rule of rulesIn(row)) {
      const mark = textOf(rule['description']);
      if (ourSubject(owner, mark) !== undefined) this.#entry(policy, rule);
      else this.#collision(tables.entry, nameOf(rule), mark, `${policy}/${nameOf(rule)}`);
    }
  }

  context({ context: name, enforced }: Binding): void {
    const { config, owner } = this.#device;
    const own = pathOf(config, ownPolicyName(owner));
    if (enforced === own) {
      const refs = [
        { kind: tables.policy, name: lastOf(own) },
        { kind: tables.entry, name: entryName(own, owner) },
      ];
      this.resources.push(contextResource(name, own, refs));
    } else if (enforced !== '' && config.policy === undefined) {
      this.foreign.push({ kind: tables.context, name, found: occupiedBy(enforced) });
    }
  }

  #entry(policy: string, rule: JsonObject): void {
    const spec = entrySpec(policy, rule);
    const { config, owner } = this.#device;
    const refs = [
      ...(policy === pathOf(config, ownPolicyName(owner)) ? [{ kind: tables.policy, name: lastOf(policy) }] : []),
      ...(textOf(spec['ruleList']) === '' ? [] : [{ kind: tables.ruleList, name: lastOf(textOf(spec['ruleList'])) }]),
    ];
    this.resources.push(plainResource(tables.entry, `${policy}/${nameOf(rule)}`, spec, refs));
  }

  #ours(kind: Table, rows: readonly JsonObject[]): readonly OurRow[] {
    return rows.flatMap((row) => {
      const mark = textOf(row['description']);
      const subject = ourSubject(this.#device.owner, mark);
      // In a folder below the partition is what an application template made.
      if (subject !== undefined && row['subPath'] === undefined) return [{ row, name: nameOf(row), subject }];
      this.#collision(kind, nameOf(row), mark, nameOf(row));
      return [];
    });
  }

  /** A name out of our space: somebody else's, unless it is of another cluster whose prefix begins like ours. */
  #collision(kind: Table, name: string, mark: string, called: string): void {
    if (!name.startsWith(namePrefix(this.#device.owner)) || isNeighbour(name, mark)) return;
    const found = mark === '' ? 'an object without a description' : `description: ${mark.slice(0, 120)}`;
    this.foreign.push({ kind, name: called, found });
  }
}

interface OurRow {
  readonly row: JsonObject;
  readonly name: string;
  readonly subject: string;
}

function rulesIn(row: JsonObject): readonly JsonObject[] {
  const reference = row['rulesReference'];
  return isObject(reference) ? itemsIn(reference) : [];
}

function nameOf(row: JsonObject): string {
  return textOf(row['name']);
}

function isNeighbour(name: string, mark: string): boolean {
  const cluster = readMark(mark)?.cluster;
  const other: Owner | undefined = cluster === undefined ? undefined : { cluster };
  return other !== undefined && name.startsWith(namePrefix(other));
}
