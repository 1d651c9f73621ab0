import { createHash } from 'node:crypto';
import { namesIn } from '../../../kit/common/api/json.ts';
import { markedText } from '../../../kit/common/ownership/marks.ts';
import { deviceName, namePrefix, type Owner } from '../../../src/adapter/owner.ts';
import type { Role, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { formatAddress } from '../../../src/net/address.ts';

/**
 * What we write; a resource's kind. All but tags of registered addresses are configuration, and need a commit; in a plan tags
 * come first within a phase, so that a new group takes one commit.
 */
export const kinds = {
  tag: 'IP-Tag',
  group: 'address-group',
  address: 'address',
  service: 'service',
  rule: 'security-rule',
  /** That what a Panorama has committed of ours has arrived at the firewall. */
  push: 'push',
} as const;
export type ConfigKind = Exclude<(typeof kinds)[keyof typeof kinds], typeof kinds.tag | typeof kinds.push>;

/** Of all objects; tags have 127. */
const nameSize = 63;
const descriptionSize = { rule: 1023, others: 255 } as const;

/** The tag that carries an address group of the desired state, and the name of the dynamic address group with it. */
export function tagName(owner: Owner, role: Role, id: string): string {
  const hint = `${role.toLowerCase()}-${id}`;
  return deviceName(owner, hint, `${owner.point ?? ''} ${hint}`, nameSize);
}

const tagPattern = /^(accept|deny)-([0-9a-f]{12})-[0-9a-f]{10}$/;

/*
 * Where addresses are to be forgotten after a time, an address has the tag with the number of the half of that time in which it
 * was registered, counted round: one that was never there before is the only one of which it is known when it ends.
 */
const halves = [0, 1, 2, 3] as const;

/** @param half since the epoch */
export function timedTag(tag: string, half: number): string {
  return `${tag}-${half % halves.length}`;
}

/** All that stand for one. */
export function timedTags(tag: string): readonly string[] {
  return halves.map((half) => timedTag(tag, half));
}

/** The tag that one stands for, perhaps with a number. */
export function untimed(tag: string): string {
  return /-[0-9a-f]{10}-[0-3]$/.test(tag) ? tag.slice(0, -2) : tag;
}

/** Does a name look like that of a group of any owner? */
export function isTagName(owner: Owner, name: string): boolean {
  return name.startsWith(namePrefix(owner)) && tagPattern.test(name.slice(namePrefix(owner).length));
}

/**
 * What a tag of ours is for. A tag has no room for a mark: its name is one, for it follows from all that a mark says.
 * Undefined: it is not ours.
 */
export function readTag(owner: Owner, tag: string): { readonly role: Role; readonly id: string } | undefined {
  if (!isTagName(owner, tag)) return undefined;
  const [, word, id = ''] = tagPattern.exec(tag.slice(namePrefix(owner).length)) ?? [];
  const role = word === 'deny' ? 'Deny' : 'Accept';
  const names = [owner, { cluster: owner.cluster }].map((one) => tagName(one, role, id));
  return names.includes(tag) ? { role, id } : undefined;
}

/** Tags of ours that an address object has. A dynamic group is of such objects, too, whatever is registered. */
export function ourTagsIn(owner: Owner, spec: JsonObject): readonly string[] {
  return namesIn(spec['tag']).filter((tag) => readTag(owner, untimed(tag)) !== undefined);
}

/**
 * The address that has a tag as long as the tag is in use: without one, a tag is nowhere. It is out of the discard prefix
 * 100::/64 (RFC 6666), which no packet comes from, and each tag has its own, since an address has 32 tags at most.
 */
export function keeperOf(tag: string): string {
  const hash = createHash('sha256').update(tag).digest().readBigUInt64BE(0);
  return formatAddress({ family: 6, value: (0x100n << 112n) | hash });
}

/** An object that is what its content says and never changes: the same content is the same object. */
export function contentName(owner: Owner, hint: string, content: string): string {
  return deviceName(owner, hint, content, nameSize);
}

export function ruleName(owner: Owner, rule: Rule): string {
  return deviceName(owner, rule.origin.name, `rule ${rule.id}`, nameSize);
}

/** A description: our mark, and after it words for people out of characters that every field takes. */
export function description(
  owner: Owner,
  subject: string,
  words = '',
  of: keyof typeof descriptionSize = 'others',
): string {
  return markedText(owner, subject, words, { size: descriptionSize[of], refused: /[^A-Za-z0-9 ./:=,_*[\]-]+/g });
}
