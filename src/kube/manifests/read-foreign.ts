import { z } from 'zod';
import type { Source } from './positions.ts';
import { withGeneratedName, type FoundProblem } from './read-object.ts';
import { objectName } from '../../core/text/wording.ts';

/** An object of another kind that decides egress, as it is written. */
export interface ForeignObject {
  /** `networking.k8s.io/NetworkPolicy/shop/web`; undefined: of a kind that is read for itself too, which sees to its name. */
  readonly id: string | undefined;
  /** `NetworkPolicy/shop/web`, for people. */
  readonly subject?: string;
  readonly source: Source;
  readonly value: unknown;
}

/** Who an object is; what it has in another form than a text, it does not say. */
const part = z.string().catch('');
const identity = z.object({
  apiVersion: part,
  kind: part,
  metadata: z.object({ name: part, namespace: z.unknown().optional() }).catch({ name: '', namespace: '' }),
});

/** @param isRead whether the object is read for itself, too */
export function readForeign(
  source: Source,
  value: unknown,
  isRead: boolean,
): ForeignObject | { readonly problems: readonly FoundProblem[] } {
  const generated = withGeneratedName(value);
  const named = generated === undefined ? value : apart(generated, source);
  if (isRead) return { id: undefined, source, value: named };
  const { apiVersion, kind, metadata } = identity.parse(named);
  const { name, namespace } = { ...metadata, namespace: metadata.namespace ?? '' };
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const problem = (field: string, message: string): { readonly problems: readonly FoundProblem[] } => {
    const subject = objectName({ kind, namespace: typeof namespace === 'string' ? namespace : '?', name: name || '?' });
    return {
      problems: [{ problem: { severity: 'error', subject, field, code: 'malformed-object', message }, source }],
    };
  };
  if (name === '')
    return problem(
      'metadata.name',
      'Required value: kubectl refuses an object without a name, too; write metadata.name',
    );
  if (typeof namespace !== 'string')
    return problem('metadata.namespace', 'Invalid value: write the name of a namespace');
  const subject = objectName({ kind, namespace, name });
  return { id: [group, kind, namespace, name].join('/'), subject, source, value: named };
}

/** Two objects of one `generateName` are two: the place in the file tells them apart. */
function apart(value: unknown, { document, path }: Source): unknown {
  const { metadata, ...rest } = value as { readonly metadata?: { readonly name?: unknown } };
  const name = [metadata?.name, document.line, ...path.filter((part) => typeof part === 'number')].join('-');
  return { ...rest, metadata: { ...metadata, name } };
}
