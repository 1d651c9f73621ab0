import { at, elementText } from '../../../kit/common/api/xml.ts';
import { Ownership } from '../../../kit/common/ownership/ownership.ts';
import type { Reading } from '../../../kit/common/session.ts';
import { RuleSequence, type SeenRule } from '../../../kit/ordered-table/rule-sequence.ts';
import type { ForeignCollision, Observed } from '../../../src/adapter/adapter.ts';
import { grouped } from '../../../src/core/model/grouped.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { tagResource } from '../lower/groups.ts';
import { disabledRule, entryResource, entrySpec, ruleResource } from '../objects/entries.ts';
import { keeperOf, kinds, ourTagsIn, readTag, timedTag, untimed, type ConfigKind } from '../objects/names.ts';
import type { Known, Panos, Registered } from './device.ts';
import { arrival } from './arrival.ts';
import { checkActive } from './redundancy.ts';
import { readRegistered } from './registered.ts';
import { readTables, type Row } from './tables.ts';
import { currentTag, isWanted } from './timed.ts';

/**
 * Registered addresses, and the configuration that is in force; what was edited and not committed is nothing yet.
 *
 * @throws AdapterError when a part of it cannot be read, or on a passive unit
 */
export async function observe(device: Panos): Promise<Reading<Known>> {
  await checkActive(device);
  const registered = await readRegistered(device.ask, device.config);
  const seen = new Seen(device);
  const isTagsOnly = device.config.manage === 'tags';
  const read = isTagsOnly ? [] : await readTables(device);
  const [rules = [], groups = [], addresses = [], services = []] = read;
  seen.entries(kinds.group, groups);
  seen.entries(kinds.address, addresses);
  seen.entries(kinds.service, services);
  const without = new Set(groups.flatMap(({ name, entry }) => (isTimedGroup(name, entry) ? [] : [name])));
  seen.tags(registered, without);
  if (!isTagsOnly) for (const resource of await arrival(device, read)) seen.resources.push(resource);
  const known = { rules: seen.rules(rules), registered, untimed: without };
  return { known, observed: { ...seen.observed(registered.complete), ...seen.others(addresses) } };
}

function isTimedGroup(name: string, entry: JsonObject): boolean {
  return elementText(at(entry, 'dynamic', 'filter')).includes(`'${timedTag(name, 0)}'`);
}

/** What was read of one virtual system. */
class Seen {
  readonly #device: Panos;
  readonly #ownership: Ownership;
  readonly resources: Resource[] = [];
  readonly #others: Resource[] = [];

  constructor(device: Panos) {
    this.#device = device;
    this.#ownership = new Ownership(device.owner, 'description');
  }

  observed(complete: boolean): Observed {
    const { foreign, neighbours } = this.#ownership;
    // A group with the name of one of Postern's gets the addresses that are registered for it.
    const taken = foreign.filter(({ kind }) => kind === kinds.group).map((one) => ({ ...one, kind: kinds.tag }));
    return { complete, resources: this.resources, foreign: [...foreign, ...taken], ...(neighbours && { neighbours }) };
  }

  tags({ tags }: Registered, without: ReadonlySet<string>): void {
    const { owner } = this.#device;
    const pairs = [...tags].flatMap(([ip, names]) => [...new Set(names.map(untimed))].map((tag) => [tag, ip] as const));
    for (const [tag, ips] of grouped(pairs)) {
      const subject = readTag(owner, tag);
      if (subject === undefined) continue;
      const keeper = keeperOf(tag);
      const members = ips.filter((ip) => ip !== keeper).sort();
      const now = currentTag(this.#device, tag);
      const isRenewed = (ip: string): boolean =>
        tags.get(ip)?.every((name) => untimed(name) !== tag || isWanted(name, tag, now, { untimed: without })) === true;
      const found = { kept: ips.includes(keeper), renewed: members.every(isRenewed) };
      this.resources.push(tagResource(tag, subject, members, found));
    }
  }

  entries(kind: ConfigKind, rows: readonly Row[]): void {
    for (const { entry, name } of this.#ownership.ours(kind, rows))
      this.resources.push(entryResource(kind, name, entrySpec(entry)));
  }

  /** A disabled rule of ours counts as not there, under a name by which it can be removed. */
  rules(rows: readonly Row[]): RuleSequence {
    const { owner, config } = this.#device;
    const seen = rows.map((row) => this.#seen(row));
    const sequence = new RuleSequence(seen);
    const { intruders, detached } = sequence.intrusion(config.anchor);
    for (const one of intruders) this.#ownership.foreign.push(intruder(one));
    let position = 0;
    for (const [index, { name, ours, enabled }] of seen.entries()) {
      const spec = entrySpec(rows[index]?.entry ?? {});
      if (ours && !enabled) this.resources.push(disabledRule(name, spec));
      if (!enabled) continue;
      const rule = ruleResource(owner, name, spec, position);
      if (!ours) this.#others.push({ ...rule, refs: [] });
      else this.resources.push({ ...rule, ...(detached.has(name) && { detached: true }) });
      if (ours) position += 1;
    }
    return sequence;
  }

  /** Rules of others and the addresses that they name, and the addresses of others that have a tag of ours. */
  others(addresses: readonly Row[]): Pick<Observed, 'others'> {
    const sides = this.#others.flatMap(({ spec }) =>
      [spec['source'], spec['destination']].flatMap((side) => side ?? []),
    );
    const named = new Set<unknown>(sides);
    const shown = addresses
      .map(({ name, entry }) => entryResource(kinds.address, name, entrySpec(entry)))
      .filter(
        ({ name, spec }) =>
          (named.has(name) && spec['ip-netmask'] !== undefined) || ourTagsIn(this.#device.owner, spec).length > 0,
      );
    const others = [...this.#others, ...shown];
    return others.length === 0 ? {} : { others };
  }

  #seen({ entry, name, mark }: Row): SeenRule {
    const ours = this.#ownership.subjectOf(mark) !== undefined;
    if (!ours) this.#ownership.noteForeign(kinds.rule, { name, mark });
    const enabled = elementText(entry['disabled']) !== 'yes';
    return { id: name, name, ours, enabled, denies: elementText(entry['action']) !== 'allow' };
  }
}

function intruder({ name, denies }: SeenRule): ForeignCollision {
  const found = denies
    ? "a denying rule within Postern's block: it denies what Postern's rules below it would accept; if that is not intended, move it out of the block"
    : "an accepting rule within Postern's block: Postern moves its own rules above it, so that they still decide first";
  return { kind: kinds.rule, name, found };
}
