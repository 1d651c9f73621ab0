import type { z } from 'zod';
import { marked, type IssueParams } from './rule.ts';

/* Lists whose entries are distinguished, so that two appliers can each own some of them. The API server refuses duplicates. */

/** A list of texts, each at most once. */
export function setOf<T extends z.ZodType<string>>(list: z.ZodArray<T>): z.ZodArray<T> {
  return marked(list.check(distinctBy((text) => text)), { list: { type: 'set' } });
}

/** A list of objects, each combination of the keys at most once. */
export function mapOf<T extends z.ZodType<object>>(
  list: z.ZodArray<T>,
  ...keys: readonly (string & keyof z.output<T>)[]
): z.ZodArray<T> {
  const identify = (entry: z.output<T>) => JSON.stringify(keys.map((key) => entry[key]));
  return marked(list.check(distinctBy(identify)), { list: { type: 'map', keys } });
}

function distinctBy<T>(identify: (entry: T) => string): z.core.CheckFn<T[]> {
  return ({ value, issues }) => {
    if (issues.length > 0) return;
    const seen = new Set<string>();
    value.forEach((entry, index) => {
      const identity = identify(entry);
      if (seen.has(identity)) issues.push(duplicate(entry, index));
      seen.add(identity);
    });
  };
}

function duplicate(input: unknown, index: number): z.core.$ZodRawIssue {
  return {
    code: 'custom',
    input,
    path: [index],
    message: 'the entry is already in the list: remove one of the two',
    params: { code: 'duplicate', reason: 'FieldValueDuplicate' } satisfies IssueParams,
  };
}
