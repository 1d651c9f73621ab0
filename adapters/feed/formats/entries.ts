import { createHash } from 'node:crypto';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { FeedRule } from '../document/document.ts';

/**
 * Stands in a list that has no other entry: no packet comes from the broadcast address (RFC 1122, 3.2.1.3). Of an empty file one
 * device takes the last list it had, another one everybody.
 */
export const nobody = '255.255.255.255';

/** What a line of a list may consist of, so that nothing that was put into the document becomes something else in a list. */
const lines = {
  address: /^(?:[0-9a-f.:]{2,45}(?:\/\d{1,3})?\n)*$/,
  name: /^(?:(?:\*\.)?[a-z0-9_-][a-z0-9._-]{0,252}\n)*$/,
} as const;

/**
 * One entry a line, and nothing but entries: not every device knows comments.
 *
 * @throws AdapterError where an entry is not what the list is of: nothing of it is published
 */
export function textOf(of: keyof typeof lines, name: string, entries: readonly string[]): string {
  const text = entries.length === 0 ? `${nobody}\n` : `${entries.join('\n')}\n`;
  const areLines = lines[of].test(text) && !entries.some((entry) => entry.includes('\n'));
  if (areLines || entries.length === 0) return text;
  throw new AdapterError('invalid', `${name} has an entry that is no ${of}; nothing of it is published.`);
}

/** Entries as they stand in a document of JSON: checked as lines of text are. */
export function checkedEntries(name: string, entries: readonly string[]): readonly string[] {
  textOf('address', name, entries);
  return entries.length === 0 ? [nobody] : entries;
}

/** The entries of one of several parts of a list; an entry stays in its part, whatever comes or goes beside it. */
export function partOf(entries: readonly string[], part: number, parts: number): readonly string[] {
  return entries.filter((entry) => createHash('sha256').update(entry).digest().readUInt32BE() % parts === part - 1);
}

/** What stands for a destination where addresses are wanted. */
export function networksOf({ destination }: Pick<FeedRule, 'destination'>): readonly string[] {
  return destination.any ? ['0.0.0.0/0', '::/0'] : destination.networks;
}
