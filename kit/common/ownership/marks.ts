import { ownerMark, ownerOf, readMark, type Owner } from '../../../src/adapter/owner.ts';
import type { Origin, Role } from '../../../src/core/model/desired.ts';
import { objectName } from '../../../src/core/text/wording.ts';

/*
 * What the mark of an object says it is there for:
 *
 *   0a1b2c3d4e5f          the rule of that id
 *   Accept/0a1b2c3d4e5f   the group of that id, and what rules with it do
 *   shard/pn-east-src-..  a part of that group
 *   anything else         an object that many share
 */

export const subjects = {
  group: (role: Role, id: string): string => `${role}/${id}`,
  shard: (root: string): string => `shard/${root}`,
} as const;

export function isShardSubject(subject: string): boolean {
  return subject.startsWith('shard/');
}

/** What a mark says the object is for, if it is ours. */
export function ourSubject(owner: Owner, text: string): string | undefined {
  const mark = readMark(text);
  return ownerOf(owner, mark) === 'ours' ? mark?.subject : undefined;
}

/** The rule or group that a mark names, whichever cluster's it is. */
export function servedBy(text: string): { readonly desiredId?: string } {
  const id = subjectIn(text).replace(/^(Accept|Deny)\//, '');
  return /^[0-9a-f]{12}$/.test(id) ? { desiredId: id } : {};
}

/** What rules with the group do that a mark names; `None`: it names no group. */
export function roleOf(text: string): Role | 'None' {
  const role = /^(Accept|Deny)\//.exec(subjectIn(text))?.[1];
  return role === 'Accept' || role === 'Deny' ? role : 'None';
}

function subjectIn(text: string): string {
  return readMark(text)?.subject ?? '';
}

export interface MarkField {
  /** Characters that the field holds. */
  readonly size: number;
  /** Runs of characters that are written as a hyphen, since they mean something to the device or to those who display it. */
  readonly refused: RegExp;
}

/** The text of a comment or description: our mark, and after it words for people. */
export function markedText(owner: Owner, subject: string, words: string, { size, refused }: MarkField): string {
  return `${ownerMark(owner, subject)} ${words.normalize('NFKD').replace(refused, '-')}`.slice(0, size).trim();
}

/** Where a rule comes from, in words; without the generation, which changes more often than the rule. */
export function provenance({ field, via, externalService, ...origin }: Origin): string {
  const service = externalService === undefined ? '' : ` to ExternalService/${externalService}`;
  return `${objectName(origin)} ${field}${service}${via === undefined ? '' : ` passed by ${via}`}`;
}

/** The object that a text names behind its mark (see `provenance`), as a field of a rule. */
export function originIn(text: string): { readonly origin?: string } {
  const [, words = ''] = / for=\S* (.*)/.exec(text) ?? [];
  return readMark(text) === undefined ? {} : originOf(words);
}

/** The object that the words of `provenance` begin with, for a device that keeps them apart from the mark. */
export function originOf(words: string): { readonly origin?: string } {
  const [origin] = /^(?:EgressPolicy\/[^/ ]+|ClusterEgressPolicy|EnforcementPoint)\/[^/ ]+/.exec(words) ?? [];
  return origin === undefined ? {} : { origin };
}
