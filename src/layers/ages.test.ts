import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../adapter/kubernetes-objects.ts';
import { yetToBeWritten } from '../verify/mesh/registry/age.ts';
import { amongOthers } from './ages.ts';

const object = (name: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Sidecar',
  metadata: { name, namespace: 'shop', ...more },
});

describe('the age of our objects', () => {
  it('is that of the object which is there, and else the youngest of all', () => {
    const there = object('a', { creationTimestamp: '2026-01-01T00:00:00Z' });
    const ages = amongOthers([object('a'), object('b')], [there, object('b'), { kind: 'List' }]).map(
      ({ metadata }) => (metadata as { creationTimestamp?: string }).creationTimestamp,
    );
    expect(ages).toEqual(['2026-01-01T00:00:00Z', yetToBeWritten]);
  });
});
