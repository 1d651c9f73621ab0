import { isClass, unlessRefused } from '../../../../kit/common/api/answers.ts';
import { namesIn, textOf } from '../../../../kit/common/api/json.ts';
import { isShardSubject, subjects } from '../../../../kit/common/ownership/marks.ts';
import { groupResource, plainResource } from '../../../../kit/common/ownership/resources.ts';
import { RuleSequence, type SeenRule } from '../../../../kit/ordered-table/rule-sequence.ts';
import { Sorting } from '../../../../kit/ordered-table/sorting.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import type { ForeignCollision } from '../../../../src/adapter/adapter.ts';
import { namePrefix } from '../../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { attributesIn, type Descriptions } from '../../api/descriptions.ts';
import { noRows, readNamed, readTable, setAttributes, type Rows } from '../../api/tables.ts';
import { carrierOf, fillerOf, sourceTables } from '../../lower/context.ts';
import { groupRefs } from '../../lower/groups.ts';
import {
  isScheduleName,
  isUnknownObject,
  memberComment,
  memberIn,
  tables,
  type AddressTable,
  type GroupTable,
  type Table,
} from '../../objects/names.ts';
import { disabledPolicy, policyResource } from '../../objects/policy.ts';
import { readerOf } from '../../objects/specs.ts';
import { Watch } from '../../objects/watch.ts';
import type { Fortigate } from '../device.ts';
import { readFeed } from '../write/feeds.ts';
import { Inventory } from '../inventory.ts';
import { readOthers, type SeenPolicy } from './others.ts';
import { checkPrimary } from './redundancy.ts';

/** Everything of ours, read table by table. @throws AdapterError when a table cannot be read, or on a unit that is no longer the primary */
export async function observe(device: Fortigate, described: Descriptions): Promise<Reading<Inventory>> {
  const { ask, owner, capabilities } = device;
  if (capabilities.choices['redundancy']?.value === 'primary') await checkPrimary(ask, capabilities.version);
  const prefix = namePrefix(owner);
  const watches = new Map<Table, Watch>();
  const reading = async (table: Table, read: (table: Table) => Promise<Rows>): Promise<Rows> => {
    const rows = await read(table);
    if (rows.rows.length > 0 || table === tables.policy) {
      watches.set(
        table,
        new Watch(table, readerOf(table, capabilities.version), attributesIn(await described.of(ask, table))),
      );
    }
    return rows;
  };
  const named = (table: Table): Promise<Rows> => reading(table, () => readNamed(ask, table, prefix));
  // Where policies end by themselves, only those of an older version can be there, and the profile need not have the right.
  const readSchedules = async (): Promise<Rows> => {
    const expiry = capabilities.choices['expiry']?.value;
    if (expiry === 'none') return noRows;
    const asked = named(tables.schedule);
    return expiry === 'policy' ? ((await unlessRefused(asked, 'forbidden')) ?? noRows) : asked;
  };
  // The first alone: if it is refused, a flight of refused requests would get us locked out.
  // The whole table in its order: whose policy it is says the comment, not the name.
  const policy = await reading(tables.policy, () => readTable(ask, tables.policy, setAttributes));
  const [address, address6, group, group6, service, feed, schedule] = await Promise.all([
    named(tables.address),
    named(tables.address6),
    named(tables.group),
    named(tables.group6),
    named(tables.service),
    reading(tables.feed, () => readFeeds(device, prefix)),
    readSchedules(),
  ]);
  const seen = new Seen(device, watches);
  seen.addresses(tables.address, address.rows);
  seen.addresses(tables.address6, address6.rows);
  seen.groups(tables.group, group.rows);
  seen.groups(tables.group6, group6.rows);
  seen.plain(tables.service, service.rows, (row) => seen.spec(tables.service, row));
  seen.schedules(schedule.rows);
  seen.policies(policy.rows);
  await seen.feeds(feed.rows);
  const all = seen.reading(seen.inventory, [address, address6, group, group6, service, policy, feed, schedule]);
  const others = await readOthers(device, seen.allPolicies);
  return { ...all, observed: { ...all.observed, ...(others.length > 0 && { others }) } };
}

/** Where addresses travel as objects, feeds are looked for if we may: some may be left from a time as pushed feeds. */
async function readFeeds({ ask, capabilities, config }: Fortigate, prefix: string): Promise<Rows> {
  try {
    return await readNamed(ask, tables.feed, prefix);
  } catch (error) {
    if (carrierOf(capabilities, config) === 'pushFeed' || !isClass(error, 'forbidden', 'not-found')) throw error;
    return noRows;
  }
}

/** What was read of one VDOM. */
class Seen extends Sorting {
  readonly inventory: Inventory;
  /** In their order, ours and those of others. */
  allPolicies: readonly SeenPolicy[] = [];
  readonly #device: Fortigate;

  constructor(device: Fortigate, watches: ReadonlyMap<Table, Watch>) {
    super(device.owner, 'comment', (kind) => (kind === tables.feed ? 'comments' : 'comment'));
    this.#device = device;
    this.inventory = new Inventory(watches);
  }

  spec(table: Table, row: JsonObject): JsonObject {
    return this.inventory.watches.get(table)?.spec(row) ?? {};
  }

  addresses(kind: AddressTable, rows: readonly JsonObject[]): void {
    const { owner } = this.#device;
    for (const { row, name } of this.ours(kind, rows)) {
      const spec = this.spec(kind, row);
      const member = memberIn(owner, name, textOf(spec['comment']));
      if (member !== undefined) this.inventory.setAddress(kind, name, member);
      // There are thousands, and the mark of an earlier version will do: it is not worth a request for each.
      const comment = member === undefined ? {} : { comment: memberComment(owner, member) };
      this.resources.push(plainResource(kind, name, { ...spec, ...comment }));
    }
  }

  groups(kind: GroupTable, rows: readonly JsonObject[]): void {
    const ours = this.ours(kind, rows);
    const known = this.inventory.groups(kind);
    // What another client has set in a part of a group is reported for the group, under the name of the part.
    const parts = new Map<string, JsonObject>();
    for (const { row, name, subject } of ours) {
      known.set(name, namesIn(row['member']));
      const set = this.inventory.watches.get(kind)?.foreign(row) ?? {};
      const root = subject.slice(subjects.shard('').length);
      if (isShardSubject(subject) && Object.keys(set).length > 0) parts.set(root, { ...parts.get(root), [name]: set });
    }
    for (const { row, name, mark, subject } of ours) {
      const spec = { ...this.spec(kind, row), ...parts.get(name) };
      if (!isShardSubject(subject)) {
        const members = this.inventory.membersOf(kind, name, fillerOf(this.#device));
        const refs = groupRefs(
          kind,
          members.filter((member) => !isUnknownObject(member)),
          this.#device,
        );
        this.resources.push(groupResource(kind, name, { spec, mark, members, refs }));
      } else if (!known.isUsed(name)) this.resources.push(plainResource(kind, name, spec));
    }
  }

  schedules(rows: readonly JsonObject[]): void {
    for (const row of rows) {
      const name = textOf(row['name']);
      if (!isScheduleName(this.#device.owner, name)) continue;
      this.resources.push(plainResource(tables.schedule, name, this.spec(tables.schedule, row)));
    }
  }

  /**
   * A disabled policy of ours was never finished, or another client disabled it: it counts as missing,
   * under a name by which it can be removed, and is finished or made again in its place.
   */
  policies(rows: readonly JsonObject[]): void {
    const { capabilities, config } = this.#device;
    const seen = rows.map((row) => this.#seen(row));
    this.allPolicies = seen.map((one, at) => ({ seen: one, spec: this.spec(tables.policy, rows[at] ?? {}) }));
    this.inventory.policies = new RuleSequence(seen);
    const { intruders, detached } = this.inventory.policies.intrusion(config.anchor);
    for (const one of intruders) this.ownership.foreign.push(intruder(one));
    const from = sourceTables(carrierOf(capabilities, config));
    let position = 0;
    seen.forEach(({ id, name, ours, enabled }, index) => {
      if (!ours) return;
      const spec = this.spec(tables.policy, rows[index] ?? {});
      const apart = detached.has(id) ? ({ detached: true } as const) : {};
      if (!enabled) this.resources.push(disabledPolicy(id, spec));
      else this.resources.push({ ...policyResource(name || `#${id}`, spec, position++, from), ...apart });
    });
  }

  async feeds(rows: readonly JsonObject[]): Promise<void> {
    const reads = this.ours(tables.feed, rows).map(async ({ row, name, mark }) => {
      const feed = await readFeed(this.#device.ask, name);
      this.inventory.feeds.set(name, feed);
      return groupResource(tables.feed, name, { spec: this.spec(tables.feed, row), mark, members: feed.members });
    });
    for (const resource of await Promise.all(reads)) this.resources.push(resource);
  }

  #seen(row: JsonObject): SeenRule {
    const [name, mark] = [textOf(row['name']), textOf(row['comments'])];
    const ours = this.ownership.subjectOf(mark) !== undefined;
    if (!ours) this.ownership.noteForeign(tables.policy, { name, mark });
    const enabled = textOf(row['status']) !== 'disable';
    return { id: textOf(row['policyid']), name, ours, enabled, denies: (textOf(row['action']) || 'deny') === 'deny' };
  }
}

function intruder({ id, name, denies }: SeenRule): ForeignCollision {
  const found = denies
    ? "a denying policy within Postern's block: it denies what Postern's policies below it would accept; if that is not intended, move it out of the block"
    : "an accepting policy within Postern's block: Postern moves its own policies above it, so that they still decide first";
  return { kind: tables.policy, name: name || `#${id}`, found };
}
