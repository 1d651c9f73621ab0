import { describe, expect, it } from 'vitest';
import { aPolicy } from '../../../test/kit/builders.ts';
import { watchedKinds } from './watched-kinds.ts';

describe('objects of ours, as they are followed', () => {
  it('keep of their managers only who changed what is meant last', () => {
    const policies = watchedKinds().find(({ kind }) => kind === 'EgressPolicy');
    const managedFields = [
      { manager: 'argocd', operation: 'Apply', time: '2026-03-02T00:00:00Z', fieldsV1: {} },
      { manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: {} },
      { manager: 'postern-controller', operation: 'Apply', time: '2026-04-01T00:00:00Z', subresource: 'status' },
    ];
    const policy = aPolicy();
    const read = policies?.transform({ ...policy, metadata: { ...policy.metadata, managedFields } });
    expect(read).toMatchObject({
      object: { metadata: { managedFields: undefined, changedBy: { manager: 'argocd', at: '2026-03-02T00:00:00Z' } } },
    });
  });
});
