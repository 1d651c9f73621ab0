import type { ForeignCollision, Observed } from '../../src/adapter/adapter.ts';
import { namePrefix, readMark, type Owner } from '../../src/adapter/owner.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { isClass, type Ask } from './client.ts';
import { nameOf, readNamed, readTable, type Device, type Read } from './device.ts';
import { readFeed, type Feed } from './feed.ts';
import { Inventory, isStranger, type KnownPolicy } from './inventory.ts';
import { carrierOf, fillerOf, sourceTables } from './lower/carrier.ts';
import { groupRefs } from './lower/groups.ts';
import {
  isScheduleName,
  memberIn,
  ourSubject,
  tables,
  type AddressTable,
  type GroupTable,
  type Table,
} from './names.ts';
import { intrusionIn } from './place.ts';
import {
  addressSpec,
  disabledPolicy,
  feedResource,
  feedSpec,
  groupResource,
  groupSpec,
  plainResource,
  policyDefaults,
  policyResource,
  policySpec,
  scheduleSpec,
  serviceSpec,
  textOf,
} from './native.ts';

/** What was read, and what a session keeps of it. */
export interface Observation {
  readonly observed: Observed;
  readonly inventory: Inventory;
  /** By name. */
  readonly feeds: ReadonlyMap<string, Feed>;
}

/** Everything of ours, read table by table. @throws AdapterError when a table cannot be read */
export async function observe(device: Device): Promise<Observation> {
  const { ask, owner } = device;
  const prefix = namePrefix(owner);
  const named = (table: Table): Promise<Read> => readNamed(ask, table, prefix);
  // The first alone: if it is refused, a flight of refused requests would get us locked out.
  const policy = await readPolicies(ask);
  const [address, address6, group, group6, service, feed, schedule] = await Promise.all([
    named(tables.address),
    named(tables.address6),
    named(tables.group),
    named(tables.group6),
    named(tables.service),
    readFeeds(device, prefix),
    readSchedules(device, prefix),
  ]);
  const inventory = new Inventory();
  const reading = new Reading(device, inventory);
  reading.addresses(tables.address, address.rows);
  reading.addresses(tables.address6, address6.rows);
  reading.groups(tables.group, group.rows);
  reading.groups(tables.group6, group6.rows);
  reading.services(service.rows);
  reading.schedules(schedule.rows);
  reading.policies(policy.rows);
  await reading.pushed(feed.rows);
  const complete = [address, address6, group, group6, service, policy, feed, schedule].every((read) => read.complete);
  const { feeds } = reading;
  return { inventory, feeds, observed: { complete, resources: reading.resources, foreign: reading.foreign } };
}

/** The whole table in its order, few fields of it: whose policy it is says the comment, not the name. */
async function readPolicies(ask: Ask): Promise<Read> {
  return await readTable(ask, tables.policy, {
    format: ['policyid', 'name', ...Object.keys(policyDefaults)].join('|'),
  });
}

/** Where addresses travel as objects, feeds are looked for if we may: some may be left from a time as pushed feeds. */
async function readFeeds({ ask, capabilities, config }: Device, prefix: string): Promise<Read> {
  try {
    return await readNamed(ask, tables.feed, prefix);
  } catch (error) {
    if (carrierOf(capabilities, config) === 'pushFeed' || !isClass(error, 'forbidden', 'not-found')) throw error;
    return { rows: [], complete: true };
  }
}

async function readSchedules({ ask, capabilities }: Device, prefix: string): Promise<Read> {
  if (capabilities.choices['expiry']?.value === 'none') return { rows: [], complete: true };
  return await readNamed(ask, tables.schedule, prefix);
}

/** Sorts rows into resources of ours, what belongs to them, and collisions. */
class Reading {
  readonly resources: Resource[] = [];
  readonly foreign: ForeignCollision[] = [];
  readonly feeds = new Map<string, Feed>();
  readonly #device: Device;
  readonly #inventory: Inventory;

  constructor(device: Device, inventory: Inventory) {
    this.#device = device;
    this.#inventory = inventory;
  }

  addresses(kind: AddressTable, rows: readonly JsonObject[]): void {
    for (const { row, name } of this.#ours(kind, 'comment', rows)) {
      const spec = addressSpec(kind, row);
      const member = memberIn(this.#device.owner, name, textOf(spec['comment']));
      if (member !== undefined) this.#inventory.setAddress(kind, name, member);
      this.resources.push(plainResource(kind, name, spec));
    }
  }

  groups(kind: GroupTable, rows: readonly JsonObject[]): void {
    const ours = this.#ours(kind, 'comment', rows);
    for (const { row, name } of ours) this.#inventory.setGroup(kind, name, membersIn(row));
    for (const { row, name, subject } of ours) {
      const spec = groupSpec(row);
      if (!subject.startsWith('shard/')) {
        const members = this.#inventory.membersOf(kind, name, fillerOf(this.#device));
        const own = members.filter((member) => !isStranger(member));
        const refs = groupRefs(kind, own, this.#device);
        this.resources.push(groupResource({ kind, name }, { spec, subject, members }, refs));
      } else if (!this.#inventory.isUsed(kind, name)) this.resources.push(plainResource(kind, name, spec));
    }
  }

  services(rows: readonly JsonObject[]): void {
    for (const { row, name } of this.#ours(tables.service, 'comment', rows)) {
      this.resources.push(plainResource(tables.service, name, serviceSpec(row)));
    }
  }

  schedules(rows: readonly JsonObject[]): void {
    for (const row of rows) {
      const name = nameOf(row);
      if (!isScheduleName(this.#device.owner, name)) continue;
      this.resources.push(plainResource(tables.schedule, name, scheduleSpec(row)));
    }
  }

  /**
   * A disabled policy of ours is one that was never finished, or that somebody switched off: it counts as not there,
   * under a name by which it can be removed, and is finished or made anew in its place.
   */
  policies(rows: readonly JsonObject[]): void {
    const { owner, capabilities, config } = this.#device;
    const known = rows.map((row) => {
      const id = textOf(row['policyid']);
      const ours = ourSubject(owner, textOf(row['comments'])) !== undefined;
      if (!ours) this.#collision(tables.policy, nameOf(row), textOf(row['comments']));
      const denies = textOf(row['action']) === 'deny';
      return { id, name: nameOf(row), ours, enabled: textOf(row['status']) !== 'disable', denies };
    });
    this.#inventory.setPolicies(known);
    const from = sourceTables(carrierOf(capabilities, config));
    const { intruders, detached } = intrusionIn(known, config.anchor);
    this.foreign.push(...intruders.map(intruder));
    let position = 0;
    known.forEach(({ id, name, ours, enabled }, index) => {
      if (!ours) return;
      const spec = policySpec(rows[index] ?? {});
      const apart = detached.has(id) ? ({ detached: true } as const) : {};
      const called = name === '' ? `#${id}` : name;
      if (enabled) this.resources.push({ ...policyResource(called, spec, position++, from), ...apart });
      else this.resources.push(disabledPolicy(id, spec));
    });
  }

  async pushed(rows: readonly JsonObject[]): Promise<void> {
    const reads = this.#ours(tables.feed, 'comments', rows).map(async ({ row, name, subject }) => {
      const feed = await readFeed(this.#device.ask, name);
      this.feeds.set(name, feed);
      return feedResource(name, { spec: feedSpec(row), subject, members: feed.members });
    });
    this.resources.push(...(await Promise.all(reads)));
  }

  #ours(kind: Table, markField: string, rows: readonly JsonObject[]): readonly OurRow[] {
    return rows.flatMap((row) => {
      const subject = ourSubject(this.#device.owner, textOf(row[markField]));
      if (subject !== undefined) return [{ row, name: nameOf(row), subject }];
      this.#collision(kind, nameOf(row), textOf(row[markField]));
      return [];
    });
  }

  /** A name out of our space: somebody else's, unless it is of another cluster whose prefix begins like ours. */
  #collision(kind: Table, name: string, mark: string): void {
    if (!name.startsWith(namePrefix(this.#device.owner)) || isNeighbour(name, mark)) return;
    this.foreign.push({
      kind,
      name,
      found: mark === '' ? 'an object without a comment' : `comment: ${mark.slice(0, 120)}`,
    });
  }
}

interface OurRow {
  readonly row: JsonObject;
  readonly name: string;
  readonly subject: string;
}

function intruder({ id, name, denies }: KnownPolicy): ForeignCollision {
  const found = denies
    ? 'a denying policy between ours: it stops what ours below would accept; move it out of our block if that is not meant'
    : 'an accepting policy between ours: ours below are moved above it, so that it undoes none of them';
  return { kind: tables.policy, name: name === '' ? `#${id}` : name, found };
}

function isNeighbour(name: string, mark: string): boolean {
  const cluster = readMark(mark)?.cluster;
  const other: Owner | undefined = cluster === undefined ? undefined : { cluster };
  return other !== undefined && name.startsWith(namePrefix(other));
}

function membersIn(row: JsonObject): readonly string[] {
  const members = row['member'];
  return Array.isArray(members) ? (members as readonly JsonObject[]).map(nameOf) : [];
}
