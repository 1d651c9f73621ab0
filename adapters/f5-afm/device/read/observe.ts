import { GroupInventory } from '../../../../kit/common/groups/inventory.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import { ourSubject, roleOf } from '../../../../kit/common/ownership/marks.ts';
import { leavesOf } from '../../../../kit/common/groups/shards.ts';
import { Sorting } from '../../../../kit/ordered-table/sorting.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { routeDomainOf } from '../../lower/context.ts';
import { contextResource } from '../../lower/enforcement.ts';
import { placeholderAddress } from '../../objects/members.ts';
import { contextNames, entryName, ownPolicyName, pathOf, ruleListName, tables } from '../../objects/names.ts';
import { lastOf } from '../../objects/paths.ts';
import { groupResource, plainResource } from '../../../../kit/common/ownership/resources.ts';
import { addressListSpec, groupSpec, portListSpec, scheduleSpec } from '../../objects/specs.ts';
import { entrySpec, ruleResource, ruleSpec } from '../../objects/rule.ts';
import { occupiedBy, readBinding, type Binding } from '../binding.ts';
import { readPartition, rulesIn, type BigIp } from '../device.ts';
import { heldBy } from '../write/lists.ts';
import { readOthers } from './others.ts';
import { checkActive } from './redundancy.ts';

const withRules = { expandSubcollections: 'true' };

/**
 * Everything of ours, collection by collection: the device likes one request at a time.
 *
 * @throws AdapterError when a collection cannot be read, or on a unit that is not the active one
 */
export async function observe(device: BigIp): Promise<Reading<GroupInventory>> {
  const { ask, config } = device;
  await checkActive(ask);
  const addressLists = await readPartition(device, tables.addressList);
  const portLists = await readPartition(device, tables.portList);
  const schedules = await readPartition(device, tables.schedule);
  const ruleLists = await readPartition(device, tables.ruleList, withRules);
  const policies = await readPartition(device, tables.policy, withRules);
  const seen = new Seen(device);
  seen.addressLists(addressLists.rows);
  seen.plain(tables.portList, portLists.rows, portListSpec);
  seen.plain(tables.schedule, schedules.rows, scheduleSpec);
  seen.ruleLists(ruleLists.rows);
  seen.policies(policies.rows);
  const policy = config.policy === undefined ? undefined : await readPolicy(device, config.policy);
  if (config.policy !== undefined && policy !== undefined) seen.shared(config.policy, policy);
  for (const name of contextNames(config)) seen.context(await readBinding(ask, config, name));
  const all = seen.reading(seen.inventory, [addressLists, portLists, schedules, ruleLists, policies]);
  const shared = config.policy === undefined || policy === undefined ? undefined : { path: config.policy, row: policy };
  const others = await readOthers(device, shared, {
    isOurs: (rule) => ourSubject(device.owner, textOf(rule['description'])) !== undefined,
    ours: all.observed.resources.filter(({ kind }) => kind === tables.rule).length,
  });
  return { ...all, observed: { ...all.observed, ...(others.length > 0 && { others }) } };
}

async function readPolicy({ ask }: BigIp, policy: string): Promise<JsonObject> {
  return await ask({ method: 'GET', collection: `tm/${tables.policy}`, object: policy, query: withRules });
}

/** What was read of our partition, and of what enforces it. */
class Seen extends Sorting {
  readonly inventory = new GroupInventory();
  readonly #device: BigIp;

  constructor(device: BigIp) {
    super(device.owner, 'description');
    this.#device = device;
  }

  addressLists(rows: readonly JsonObject[]): void {
    const ours = this.ours(tables.addressList, rows);
    const place = { partition: this.#device.config.partition, routeDomain: routeDomainOf(this.#device) };
    for (const { row, name } of ours) this.inventory.set(name, heldBy(row, name, place));
    for (const { row, name, mark } of ours) {
      if (roleOf(mark) !== 'None') {
        this.resources.push(
          groupResource(tables.addressList, name, { spec: groupSpec(row), mark, members: this.#membersOf(name) }),
        );
      } else if (!this.inventory.isUsed(name)) {
        this.resources.push(plainResource(tables.addressList, name, addressListSpec(row)));
      }
    }
  }

  #membersOf(name: string): readonly string[] {
    const held = leavesOf(this.inventory.layout(name) ?? new Map<string, readonly string[]>());
    return held.filter((member) => member !== placeholderAddress).sort();
  }

  /** The list belongs to Postern as a whole: members that other clients added are removed. */
  ruleLists(rows: readonly JsonObject[]): void {
    for (const { row, name } of this.ours(tables.ruleList, rows)) {
      this.resources.push(plainResource(tables.ruleList, name, groupSpec(row)));
      if (name !== ruleListName(this.#device.owner)) continue;
      rulesIn(row).forEach((rule, position) => {
        this.resources.push(ruleResource(textOf(rule['name']), ruleSpec(rule), position, name));
      });
    }
  }

  policies(rows: readonly JsonObject[]): void {
    const { config } = this.#device;
    for (const { row, name } of this.ours(tables.policy, rows)) {
      this.resources.push(plainResource(tables.policy, name, groupSpec(row)));
      for (const rule of rulesIn(row)) this.#entry(pathOf(config, name), rule);
    }
  }

  /** Of a policy of others the one rule of ours. */
  shared(policy: string, row: JsonObject): void {
    for (const rule of rulesIn(row)) {
      const [name, mark] = [textOf(rule['name']), textOf(rule['description'])];
      if (this.ownership.subjectOf(mark) !== undefined) this.#entry(policy, rule);
      else this.ownership.noteForeign(tables.entry, { name, mark }, `${policy}/${name}`);
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
      this.ownership.foreign.push({ kind: tables.context, name, found: occupiedBy(enforced) });
    }
  }

  #entry(policy: string, rule: JsonObject): void {
    const spec = entrySpec(policy, rule);
    const { config, owner } = this.#device;
    const refs = [
      ...(policy === pathOf(config, ownPolicyName(owner)) ? [{ kind: tables.policy, name: lastOf(policy) }] : []),
      ...(textOf(spec['ruleList']) === '' ? [] : [{ kind: tables.ruleList, name: lastOf(textOf(spec['ruleList'])) }]),
    ];
    this.resources.push(plainResource(tables.entry, `${policy}/${textOf(rule['name'])}`, spec, refs));
  }
}
