import type { Source } from './positions.ts';
import { withGeneratedName, type FoundProblem } from './read-object.ts';
import { objectName } from '../../core/text/wording.ts';

/** An object of another kind that decides egress, as it is written. */
export interface ForeignObject {
  /** `networking.k8s.io/NetworkPolicy/shop/web`; undefined: of a kind that is read for itself too, which sees to its name. */
  readonly id: string | undefined;
  readonly source: Source;
  readonly value: unknown;
}

/** @param isRead whether the object is read for itself, too */
export function readForeign(
  source: Source,
  value: unknown,
  isRead: boolean,
): ForeignObject | { readonly problems: readonly FoundProblem[] } {
  const generated = withGeneratedName(value);
  const named = generated === undefined ? value : apart(generated, source);
  if (isRead) return { id: undefined, source, value: named };
  const { apiVersion = '', kind = '', metadata: { name = '', namespace = '' } = {} } = named as Partial<Written>;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (typeof name === 'string' && name !== '')
    return { id: [group, kind, namespace, name].join('/'), source, value: named };
  const subject = objectName({ kind, namespace, name: '?' });
  const message = 'Required value: kubectl refuses an object without a name, too; write metadata.name';
  return {
    problems: [
      { problem: { severity: 'error', subject, field: 'metadata.name', code: 'malformed-object', message }, source },
    ],
  };
}

/** Two objects of one `generateName` are two: the place in the file tells them apart. */
function apart(value: unknown, { document, path }: Source): unknown {
  const { metadata, ...rest } = value as Partial<Written>;
  const name = [metadata?.name, document.line, ...path.filter((part) => typeof part === 'number')].join('-');
  return { ...rest, metadata: { ...metadata, name } };
}

interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: unknown; readonly namespace?: string };
}
