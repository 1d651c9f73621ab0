import { createHash } from 'node:crypto';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { everywhere } from '../../../src/net/cidr.ts';
import type { FeedRule } from '../document/document.ts';

/**
 * Stands in a list that has no other entry: no packet comes from the broadcast address (RFC 1122, 3.2.1.3). Of an empty file one
 * device keeps its last list, another one matches all sources.
 */
export const placeholderAddress = '255.255.255.255';

/** What an entry may consist of, so that nothing that was put into the document becomes something else in a list. */
const forms = {
  address: /^[0-9a-f.:]{2,45}(?:\/\d{1,3})?(?: [0-9a-f.:]{2,45}(?:\/\d{1,3})?)*$/,
  name: /^(?:\*\.)?[a-z0-9_-][a-z0-9._-]{0,252}(?: (?:\*\.)?[a-z0-9_-][a-z0-9._-]{0,252})*$/,
} as const;

/**
 * The entries of a list, separated by spaces, as they may be published; an empty list gets the placeholder address.
 *
 * @throws AdapterError where an entry is not what the list is of: nothing of it is published
 */
export function checked(of: keyof typeof forms, name: string, entries: string): string {
  if (entries === '') return placeholderAddress;
  if (forms[of].test(entries)) return entries;
  throw new AdapterError('invalid', `${name} has an entry that is no ${of}; Postern publishes none of its entries.`);
}

/** One entry a line, and nothing but entries: not every device knows comments. */
export function linesOf(entries: string): Buffer<ArrayBuffer> {
  const lines = Buffer.from(`${entries} `, 'latin1');
  for (let at = 0; at < lines.length; at += 1) if (lines[at] === space) lines[at] = newLine;
  return lines;
}

const space = 0x20;
const newLine = 0x0a;

/** The entries of one of several parts of a list; an entry stays in its part, whatever comes or goes beside it. */
export function partOf(entries: readonly string[], part: number, parts: number): string {
  const own = entries.filter(
    (entry) => createHash('sha256').update(entry).digest().readUInt32BE() % parts === part - 1,
  );
  return own.join(' ');
}

/** What stands for a destination where addresses are wanted. */
export function networksOf({ destination }: Pick<FeedRule, 'destination'>): string {
  return (destination.any ? everywhere : destination.networks).join(' ');
}
