import { emptyValue, incomplete } from '../api/failure.ts';
import type { CheckContext, Row } from '../tables/schema.ts';

export function checkExternalResource(row: Row, { given }: CheckContext): void {
  if (row['update-method'] !== 'push' && row['resource'] === '') {
    throw 'resource' in given ? emptyValue('resource') : incomplete('resource');
  }
  if (row['type'] === 'generic-address' && row['namespace'] === '') throw incomplete('namespace');
}
