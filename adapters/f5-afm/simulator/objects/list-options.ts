import { namesAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { refused } from '../api/failure.ts';
import type { Entry, Schema } from '../tables/schema.ts';

/**
 * `PATCH ...?options=addresses add { 10.0.0.1 10.0.0.2 }`: a list edited without sending it again. Documented for the
 * records of data groups; that address lists do the same is a guess. Each entry may have braces of its own, which are
 * passed over.
 *
 * @returns the list as a body would have it
 */
export function listOptions(schema: Schema, entry: Entry, options: string): JsonObject {
  const match = /^\s*([\w-]+)\s+(add|delete|replace-all-with)\s+\{(.*)\}\s*$/s.exec(options);
  const property = (match?.[1] ?? '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const field = Object.hasOwn(schema.fields, property) ? schema.fields[property] : undefined;
  if (match === null || field?.kind !== 'names') throw refused(`Syntax Error: ${options}`);
  const named = (match[3] ?? '')
    .replace(/\{[^{}]*\}/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  return { [property]: edited(namesAt(entry.fields, property), match[2] ?? '', named).map((name): Json => ({ name })) };
}

function edited(present: readonly string[], verb: string, named: readonly string[]): readonly string[] {
  switch (verb) {
    case 'add':
      return [...present, ...named];
    case 'delete': {
      const missing = named.find((name) => !present.includes(name));
      if (missing !== undefined) throw refused(`The requested entry (${missing}) was not found.`);
      return present.filter((name) => !named.includes(name));
    }
    default:
      return named;
  }
}
