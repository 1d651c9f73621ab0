import { expect, it } from 'vitest';
import { anywhere } from '../core/destinations/destination.ts';
import { aPod } from '../../test/kit/builders.ts';
import { withAddresses } from './followed-pods.ts';

const rule = { name: 'r', action: 'Accept', sources: [], destination: anywhere, ports: [] } as const;

it('is about the pods that match now, without those on the host network and those that have ended', () => {
  const labels = { app: 'a' };
  const pods = [
    aPod({ name: 'one', namespace: 'shop', labels: { ...labels, tier: 'x' }, addresses: ['10.0.0.1'] }),
    aPod({ name: 'other', namespace: 'shop', labels: { app: 'b' }, addresses: ['10.0.0.2'] }),
    aPod({ name: 'elsewhere', namespace: 'bank', labels, addresses: ['10.0.0.3'] }),
    aPod({ name: 'host', namespace: 'shop', labels, addresses: ['192.0.2.1'], hostNetwork: true }),
    aPod({ name: 'ended', namespace: 'shop', labels, addresses: ['10.0.0.4'], phase: 'Succeeded' }),
  ];
  const followed = { ...rule, pods: [{ namespaces: ['shop'], podSelector: { matchLabels: labels } }] };
  const { rules } = withAddresses({ rules: [followed, rule], fallback: 'Deny' }, pods);
  expect(rules.map(({ sources }) => sources)).toEqual([['10.0.0.1'], []]);
});
