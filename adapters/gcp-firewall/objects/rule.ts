import { namesIn, objectOf, textOf } from '../../../kit/common/api/json.ts';
import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import { markedText, originIn, provenance, servedBy } from '../../../kit/common/ownership/marks.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { familyOf } from '../../../src/net/address.ts';
import { canonicalCidr, everywhere } from '../../../src/net/cidr.ts';
import { familyIn, fillers, kinds, withoutPriority } from './names.ts';

/** A rule of ours in its one form: its sources apart, for they come and go. */
export interface OurRule {
  readonly name: string;
  /** The fields of the native rule and of what it matches, without what is empty, lists sorted. */
  readonly spec: JsonObject;
  /** Canonical, sorted; empty: no source, although the native rule needs a placeholder. */
  readonly members: readonly string[];
}

/** What only Google says of a rule, or what is distinguished. */
const apart: ReadonlySet<string> = new Set(['kind', 'ruleTupleCount', 'priority', 'ruleName', 'direction', 'match']);

/** @returns the rule without its priority */
export function ruleIn(native: JsonObject, name = textOf(native['ruleName'])): OurRule {
  const { srcIpRanges, ...match } = objectOf(native['match']);
  const sources = namesIn(srcIpRanges);
  const isNobodys = native['disabled'] === true && sources.length > 0 && sources.every(isFiller);
  const given = isNobodys ? { ...native, disabled: false } : native;
  const fields = Object.entries(given).filter(([field, value]) => !apart.has(field) && value !== usual[field]);
  const direction = native['direction'] === 'EGRESS' ? [] : [['direction', native['direction'] ?? ''] as const];
  const spec = ruleSpec(Object.fromEntries([...fields, ...Object.entries(match).map(asWritten), ...direction]));
  if (isNobodys) return { name, spec, members: [] };
  // Another client has removed the sources, and a rule without a source is for all.
  const all = everywhere[familyIn(name) === 'IPv4' ? 0 : 1];
  return { name, spec, members: canonicalMembers(sources.length === 0 ? [all] : sources) };
}

/** What a rule says that says nothing about it. */
const usual: JsonObject = { targetType: 'INSTANCES' };

/** As we write it, however Google spells it. */
function asWritten([field, value]: readonly [string, Json]): readonly [string, Json] {
  if (field === 'destIpRanges') return [field, namesIn(value).map((text) => canonicalCidr(text) ?? text)];
  // With the name of the service before it, or without.
  if (field === 'destAddressGroups')
    return [field, namesIn(value).map((text) => text.replace(/^.*?(?=projects\/)/, ''))];
  return [field, value];
}

function isFiller(source: string): boolean {
  return [fillers.IPv4, fillers.IPv6].includes(canonicalCidr(source) ?? source);
}

/** Fields of what a rule matches. */
const matched = /^(dest|src)[A-Z]|^layer4Configs$/;

/** As it is sent: a rule without members is disabled, and never lacks a source. */
export function nativeRule({ name, spec, members }: OurRule, priority: number): JsonObject {
  const entries = Object.entries(spec);
  const match = entries.filter(([field]) => matched.test(field));
  const isNobodys = members.length === 0;
  const sources = isNobodys ? [fillers[familyIn(name)]] : members;
  return {
    priority,
    ruleName: withoutPriority(name),
    direction: 'EGRESS',
    ...Object.fromEntries(entries.filter(([field]) => !matched.test(field))),
    ...(isNobodys && { disabled: true }),
    match: { srcIpRanges: sources.map(asPrefix), ...Object.fromEntries(match) },
  };
}

/** `10.0.0.1` as `10.0.0.1/32`. */
function asPrefix(member: string): string {
  if (member.includes('/')) return member;
  return `${member}/${familyOf(member) === 6 ? 128 : 32}`;
}

export function ruleSpec(fields: JsonObject): JsonObject {
  const entries = Object.entries(fields).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries.map(([field, value]) => [field, Array.isArray(value) ? sorted(value) : value]));
}

function sorted(list: readonly Json[]): readonly Json[] {
  return [...list].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}

function isEmpty(value: Json | undefined): boolean {
  const isNone = value === undefined || value === null || value === '' || value === false;
  return isNone || (Array.isArray(value) && value.length === 0);
}

export function ruleResource({ name, spec, members }: OurRule, position: number): Resource {
  return {
    kind: kinds.rule,
    name,
    spec,
    members,
    refs: namesIn(spec['destAddressGroups']).map((group) => ({ kind: kinds.group, name: lastPart(group) })),
    effect: spec['action'] === 'deny' ? 'Deny' : 'Accept',
    position,
    ...servedBy(textOf(spec['description'])),
    ...originIn(textOf(spec['description'])),
  };
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Owner and origin of the rule, in characters without a meaning for terminals. */
export function description(owner: Owner, { id, origin }: Rule): string {
  return markedText(owner, id, provenance(origin), { size: 400, refused: /[^A-Za-z0-9 ._:/()[\]-]+/g });
}
