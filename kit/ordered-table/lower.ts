import type { Lowered } from '../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, Rule } from '../../src/core/model/desired.ts';
import { keyOf, type Loss, type Resource } from '../../src/core/model/resource.ts';
import type { Steps } from '../../src/core/model/steps.ts';
import { ruleTitle } from '../../src/core/text/wording.ts';
import { profileOf, unknownProfile } from '../common/rules/profiles.ts';

/** A rule of the desired state in the device's vocabulary. */
export interface LoweredRule {
  /** Native rules, to be put at their places in the table; none when the rule is left out. */
  readonly natives: readonly ((position: number) => Resource)[];
  /** Addresses, services and schedules that they name. */
  readonly objects: readonly Resource[];
  readonly losses: readonly Loss[];
}

/** What a device makes of the parts of a desired state. */
export interface TableLowering<P> {
  /** What the inspection profiles that policies name are here. */
  readonly profiles: Readonly<Record<string, P>>;
  group(group: AddressGroup): readonly Resource[];
  /** @param profile what the rule's profile is here; `none` where it names none */
  rule(rule: Rule, profile: P | 'none'): LoweredRule;
  /** What is there beside groups and rules, such as what puts the rules into force. */
  enforcement?(rules: number): readonly Resource[];
}

/**
 * A desired state as the objects of a device with a first-match table of rules and separate groups: groups, what rules name (shared: equal
 * names are equal objects), and the rules at their places.
 */
export function* lowerTable<P>(
  { groups, rules }: Pick<DesiredState, 'groups' | 'rules'>,
  lowering: TableLowering<P>,
): Steps<Lowered> {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const lowered: (LoweredRule & { readonly title: string })[] = [];
  for (const rule of rules) {
    lowered.push({ ...lowerRule(rule, lowering), title: ruleTitle(rule, byId) });
    yield;
  }
  const carried: Resource[] = [];
  for (const group of groups) {
    for (const resource of lowering.group(group)) carried.push(titled(resource, group));
    yield;
  }
  const natives = lowered.flatMap(({ natives: own, title }) => own.map((native) => ({ native, title })));
  const objects = [
    ...carried,
    ...lowered.flatMap((rule) => rule.objects),
    ...(lowering.enforcement?.(natives.length) ?? []),
  ];
  const distinct = new Map(objects.map((object) => [keyOf(object), object]));
  yield;
  return {
    resources: [
      ...distinct.values(),
      ...natives.map(({ native, title }, position) => ({ ...native(position), title })),
    ],
    losses: lowered.flatMap((rule) => rule.losses),
  };
}

function titled(resource: Resource, { title }: AddressGroup): Resource {
  return resource.members === undefined ? resource : { ...resource, title };
}

const nothing: LoweredRule = { natives: [], objects: [], losses: [] };

function lowerRule<P>(rule: Rule, lowering: TableLowering<P>): LoweredRule {
  const profile = profileOf(rule, lowering.profiles);
  if (profile === undefined) return { ...nothing, losses: [unknownProfile(rule)] };
  // Without a source a rule would be for everyone; the plan's guard speaks up about it.
  return rule.sources.length === 0 ? nothing : lowering.rule(rule, profile);
}
