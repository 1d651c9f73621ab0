import { expect, it } from 'vitest';
import { addressIntervals, portIntervals } from '../../verify/flows/intervals.ts';
import { aGroupObject, anObject, aRecord } from '../testing/records.ts';
import { policiesThen } from './policies-then.ts';

it('asks one rule after the other, however many are for the pod', () => {
  const destination = { any: false, names: [], networks: ['192.0.2.0/24'] };
  const rules = Array.from({ length: 5_000 }, (_, i) =>
    anObject({
      name: `${i}`,
      id: `${i}`,
      rule: { action: 'Accept', sources: ['g1'], destination, ports: `TCP ${i + 1}` },
    }),
  );
  const state = aRecord([aGroupObject(['10.0.0.1']), ...rules]);
  const { partsOf } = policiesThen([{ name: 'edge', state }])({ own: ['10.0.0.1'], shared: [] });
  const parts = partsOf({ to: { addresses: addressIntervals(['192.0.2.7/32']) }, ports: portIntervals([]) });
  expect([parts.length, parts[0]?.answer.verdict, parts.at(-1)?.answer.verdict]).toEqual([5_001, 'Accept', 'Deny']);
});
