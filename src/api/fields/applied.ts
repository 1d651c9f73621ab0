import type { z } from 'zod';
import type { IssueParams } from './rule.ts';

/*
 * `kubectl apply` drops nulls before it sends an object, so that a label or a list which a template left without a value
 * is gone when the API server looks. What kubectl was given stands in an annotation, nulls included.
 */

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const message =
  'the manifest has no value here (null), and kubectl apply dropped the field, so the object may permit more than intended: write a value or remove the line, and apply again';

const params: IssueParams = { code: 'dropped-null' };

interface Applied {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: object;
}

/**
 * Refuses what lost a condition that way: a null below one of these fields of the spec. Where the object denies anything
 * it stays as it is: without it more would be permitted.
 */
export function refuseDroppedNulls<T extends Applied>(
  fields: readonly string[],
  denies: (object: T) => boolean,
): z.core.CheckFn<T> {
  return ({ value, issues }) => {
    const text = value.metadata.annotations[annotation];
    if (text === undefined || !text.includes('null') || denies(value)) return;
    for (const path of nullsIn(readSpec(text), ['spec'])) {
      if (!fields.includes(String(path[1]))) continue;
      issues.push({ code: 'custom', input: value, path, message, params });
    }
  };
}

function readSpec(text: string): unknown {
  try {
    const applied: unknown = JSON.parse(text);
    return typeof applied === 'object' && applied !== null && 'spec' in applied ? applied.spec : undefined;
  } catch {
    // kubectl did not write it.
    return undefined;
  }
}

function nullsIn(value: unknown, path: readonly PropertyKey[]): readonly PropertyKey[][] {
  if (value === null) return [[...path]];
  if (typeof value !== 'object') return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, item]) => nullsIn(item, [...path, key]));
}
