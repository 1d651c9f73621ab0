import { expect, it } from 'vitest';
import { atOnce } from '../../model/steps.ts';
import { everyone } from '../../select/subject.ts';
import { pod } from '../testing/builders.ts';
import { PodIndex } from './pod-index.ts';

const accepted = { role: 'Accept', vantage: { type: 'Pod' }, graceSeconds: 0, networks: [] } as const;

function there(...names: string[]): PodIndex {
  const index = new PodIndex();
  for (const [i, name] of names.entries()) index.setPod(name, pod(name, { addresses: [`10.0.0.${i}`] }));
  return index;
}

it('takes into a new group, once, whoever is there when it is filled, of which no delta tells', () => {
  const index = there('shop/a', 'shop/b');
  const group = index.groups.acquire(everyone, index.groups.acquireView(accepted));
  index.setPod('shop/a', undefined);
  index.setPod('shop/c', pod('shop/c', { addresses: ['10.0.0.9'] }));
  expect(group.set.members()).toEqual([]);
  atOnce(index.groups.filling());
  expect(group.set.members()).toEqual(['10.0.0.1', '10.0.0.9']);
  expect(index.groups.takeChanges()).toEqual([]);
  index.setPod('shop/c', undefined);
  expect(index.groups.takeChanges()).toEqual([{ group, added: [], removed: ['10.0.0.9'] }]);
  expect(group.set.members()).toEqual(['10.0.0.1']);
});

it('fills no group that nobody needs any more, and not twice', () => {
  const index = there('shop/a');
  const view = index.groups.acquireView(accepted);
  const [released, kept] = [
    index.groups.acquire(everyone, view),
    index.groups.acquire({ ...everyone, key: 'b' }, view),
  ];
  index.groups.release(released);
  for (let round = 0; round < 2; round += 1) atOnce(index.groups.filling());
  expect([released, kept].map(({ set }) => set.members())).toEqual([[], ['10.0.0.0']]);
  index.setPod('shop/a', undefined);
  expect(kept.set.has('10.0.0.0')).toBe(false);
});
