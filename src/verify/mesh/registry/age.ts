import { compareText } from '../../../api/problem.ts';
import type { Identity } from '../../values/fields.ts';

/** What istiod ranks objects by. */
export type Aged = Pick<Identity, 'created' | 'name' | 'namespace'>;

/** istiod lets the older win; what is equally old, to the second, it tells apart by name and then by namespace. */
export function byAge(a: Aged, b: Aged): number {
  return compareText(a.created, b.created) || compareText(a.name, b.name) || compareText(a.namespace, b.namespace);
}

/** Nobody can say which of the two is older: manifests do not say when their objects were created. */
export function ageUnknown(a: Aged, b: Aged): boolean {
  return a.created === '' && b.created === '';
}

/** When an object was created that has yet to be: every other one is older. */
export const yetToBeWritten = '9999-12-31T23:59:59Z';
