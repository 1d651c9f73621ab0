import { markedText, subjects, type MarkField } from '../../../kit/common/ownership/marks.ts';
import { deviceName, type Owner } from '../../../src/adapter/owner.ts';
import type { AddressGroup, Rule } from '../../../src/core/model/desired.ts';

/** Names stand in URLs, and 63 characters are what most consumers take for the name of an object. */
const maxNameLength = 63;
/** Told in descriptions and in the list of rules, never in a list of addresses. */
const field: MarkField = { size: 255, refused: /[^A-Za-z0-9 .,:;/*@=_()+>-]+/g };

export function listName(owner: Owner, { role, id }: Pick<AddressGroup, 'role' | 'id'>): string {
  return deviceName(owner, `${role.toLowerCase()}-${id}`, `group ${id}`, maxNameLength);
}

export function ruleName(owner: Owner, { origin, id }: Rule): string {
  return deviceName(owner, `${origin.namespace}-${origin.name}`, `rule ${id}`, maxNameLength);
}

export function groupMark(owner: Owner, { role, id }: Pick<AddressGroup, 'role' | 'id'>): string {
  return markedText(owner, subjects.group(role, id), '', field);
}

export function ruleMark(owner: Owner, { id }: Rule): string {
  return markedText(owner, id, '', field);
}

/** Words for people, without what a list or a log could be broken with. */
export function plainText(text: string): string {
  return text.normalize('NFKD').replace(field.refused, '-').slice(0, field.size).trim();
}
