import type { z } from 'zod';
import { compareProblems, type Problem } from './problem.ts';
import { findingsOf, relevantIssues, valueAt, type Finding } from './validation-errors.ts';
import { isKind, kinds, type Kind } from './kinds.ts';
import { similarTo } from './similar.ts';
import { apiVersion, groupName } from './meta.ts';

/** An object of one of our kinds, defaults filled in. */
export type PosternObject = z.output<(typeof kinds)[Kind]['schema']>;

/** What reading gives: the object, or at least one problem, all of them errors. Ask `'object' in parsed`. */
export type Parsed = { readonly object: PosternObject } | { readonly problems: readonly Problem[] };

/** Whether a value says that it is of our group, in any version; what else is in a mixed file is not for us to judge. */
export function isOurs(input: unknown): boolean {
  return textAt(input, 'apiVersion').startsWith(`${groupName}/`);
}

/** Whether it was probably meant for our group: one of our kinds, in a group that is misspelled or left out. */
export function isMeantForUs(input: unknown): boolean {
  const group = textAt(input, 'apiVersion').replace(/(^|\/)[^/]*$/, '');
  if (group === groupName || !isKind(textAt(input, 'kind'))) return false;
  return group === '' || group.startsWith('postern') || similarTo(group, [groupName]) !== undefined;
}

/**
 * Reads one object of ours as the API server would: the same rules, the same defaults, the same names for fields.
 * Never throws: whatever the input is, what is wrong with it becomes problems.
 */
export function parseObject(input: unknown): Parsed {
  try {
    const read = readObject(input);
    return 'object' in read ? read : { problems: read.findings.map(problemOf(subjectOf(input))).sort(compareProblems) };
  } catch {
    // Nothing out of JSON or YAML gets here; a getter or a proxy that throws when it is read does.
    const finding: Finding = { field: '', code: 'unreadable', message: 'the object cannot be read: pass plain data' };
    return { problems: [problemOf('an object')(finding)] };
  }
}

function readObject(input: unknown): { readonly object: PosternObject } | { readonly findings: readonly Finding[] } {
  if (textAt(input, 'apiVersion') !== apiVersion) {
    return { findings: [{ field: 'apiVersion', code: 'unknown-version', message: `write apiVersion: ${apiVersion}` }] };
  }
  const kind = textAt(input, 'kind');
  if (!isKind(kind)) {
    const message = `write one of the kinds ${Object.keys(kinds).join(', ')}`;
    return { findings: [{ field: 'kind', code: 'unknown-kind', message }] };
  }
  const { schema } = kinds[kind];
  const result = schema.safeParse(input);
  if (result.success) return { object: result.data };
  return { findings: relevantIssues(result.error.issues).flatMap((issue) => findingsOf(issue, schema, input)) };
}

function problemOf(subject: string): (finding: Finding) => Problem {
  return (finding) => ({ severity: 'error', subject, ...finding });
}

/** `EgressPolicy/test-app/app-a`, as far as the input tells. */
function subjectOf(input: unknown): string {
  const parts = [textAt(input, 'kind'), textAt(input, 'metadata', 'namespace'), textAt(input, 'metadata', 'name')];
  return parts.filter((part) => part !== '').join('/') || 'an object';
}

function textAt(input: unknown, ...path: readonly string[]): string {
  const value = valueAt(input, path);
  return typeof value === 'string' ? value : '';
}
