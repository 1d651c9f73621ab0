import { z } from 'zod';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import { originOf, servedBy } from '../../../kit/common/ownership/marks.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';

/*
 * What a feed publishes, as it is kept: one document, replaced as a whole. Every list in every format is made from it.
 */

const listSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9.-]{1,63}$/),
  mark: z.string(),
  title: z.string(),
  /** Addresses and networks, sorted, each once, a space between them: one text is read in a fraction of the time of a hundred thousand. */
  entries: z.string(),
});
export type FeedList = z.infer<typeof listSchema>;

export function entriesOf({ entries }: Pick<FeedList, 'entries'>): string[] {
  return entries === '' ? [] : entries.split(' ');
}

/** How many there are, without taking them apart. */
export function countOf({ entries }: Pick<FeedList, 'entries'>): number {
  if (entries === '') return 0;
  let count = 1;
  for (let at = entries.indexOf(' '); at >= 0; at = entries.indexOf(' ', at + 1)) count += 1;
  return count;
}

/** @throws AdapterError where one of them is not one, but would be read as several */
export function joinedEntries(entries: readonly string[]): string {
  if (!entries.some((entry) => entry === '' || entry.includes(' '))) return entries.join(' ');
  throw new AdapterError(
    'invalid',
    'An entry of a list has a space in it, or nothing; nothing of the list is published.',
  );
}

const portSchema = z.strictObject({
  protocol: z.enum(['TCP', 'UDP']),
  port: z.int().min(0).max(65535),
  endPort: z.int().min(0).max(65535).optional(),
});

const ruleSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9.-]{1,63}$/),
  mark: z.string(),
  title: z.string(),
  action: z.enum(['Accept', 'Deny']),
  enabled: z.boolean(),
  log: z.boolean(),
  /** What the inspection profile is called on the consumers; empty: none. */
  profile: z.string(),
  /** RFC 3339; empty: it does not end by itself. */
  expiresAt: z.string(),
  /** Names of lists. */
  sources: z.array(z.string()).min(1),
  destination: z.strictObject({ any: z.boolean(), names: z.array(z.string()), networks: z.array(z.string()) }),
  /** Empty: every port. */
  ports: z.array(portSchema),
});
export type FeedRule = z.infer<typeof ruleSchema>;

const documentSchema = z.strictObject({
  version: z.literal(1),
  /** Counts how often it was replaced. */
  revision: z.int().min(0),
  /** Sorted by name. */
  lists: z.array(listSchema),
  /** First match first. */
  rules: z.array(ruleSchema),
});
export type FeedDocument = z.infer<typeof documentSchema>;

export const emptyDocument: FeedDocument = { version: 1, revision: 0, lists: [], rules: [] };

/** @throws AdapterError where the text is not a document: nothing is concluded from it, and nothing is served of it */
export function readDocument(text: string): FeedDocument {
  const read = documentSchema.safeParse(parsed(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new AdapterError(
    'transient',
    `The document of the feed cannot be read (${where || 'it is not JSON'}). Restore what Postern wrote, or delete the document so that Postern writes it again.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function writeDocument(document: FeedDocument): string {
  return JSON.stringify(document);
}

export function listResource({ name, entries, ...spec }: FeedList): Resource {
  return groupResource('list', name, { spec, mark: spec.mark, members: entriesOf({ entries }) });
}

export function ruleResource({ name, ...spec }: FeedRule, position: number): Resource {
  const refs = spec.sources.map((source) => ({ kind: 'list', name: source }));
  const from = { ...servedBy(spec.mark), ...originOf(spec.title) };
  return { kind: 'rule', name, spec: spec as JsonObject, refs, effect: spec.action, position, ...from };
}

/** The list that a resource is. @throws ZodError for a resource of another kind */
export function listOf({ name, spec, members = [] }: Resource): FeedList {
  return listSchema.parse({ ...spec, name, entries: joinedEntries(members) });
}

/** The rule that a resource is. @throws ZodError for a resource of another kind */
export function ruleOf({ name, spec }: Resource): FeedRule {
  return ruleSchema.parse({ ...spec, name });
}
