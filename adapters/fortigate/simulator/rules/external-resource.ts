import { emptyValue, incomplete } from '../failure.ts';
import type { Row } from '../row.ts';
import type { CheckContext } from '../schema.ts';

export function checkExternalResource(row: Row, { given }: CheckContext): void {
  if (row['update-method'] !== 'push' && row['resource'] === '') {
    throw 'resource' in given ? emptyValue('resource') : incomplete('resource');
  }
  if (row['type'] === 'generic-address' && row['namespace'] === '') throw incomplete('namespace');
}
