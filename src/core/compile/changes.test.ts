import { expect, it } from 'vitest';
import { aPod } from '../../../test/kit/builders.ts';
import type { ObjectChange } from '../model/snapshot.ts';
import { latest } from './changes.ts';

it('counts the last change of each object alone, whatever else has its name', () => {
  const pod = (name: string, address?: string): ObjectChange => ({
    kind: 'Pod',
    key: `shop/${name}`,
    object: address === undefined ? undefined : aPod({ namespace: 'shop', name, addresses: [address] }),
  });
  const account: ObjectChange = {
    kind: 'ServiceAccount',
    key: 'shop/web',
    object: { namespace: 'shop', name: 'web' },
  };
  const [first, end, second, other] = [
    pod('web', '10.0.0.1'),
    pod('web'),
    pod('web', '10.0.0.2'),
    pod('db', '10.0.0.3'),
  ];
  expect(latest([first, account, end, other, second])).toEqual([account, other, second]);
  expect(latest([second, other, end])).toEqual([other, end]);
  expect(latest([first, other, account])).toEqual([first, other, account]);
});
