import { expect, it } from 'vitest';
import { aPod } from '../../../test/kit/builders.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { ChangeQueue } from './change-queue.ts';

const there = (name: string, uid = 'one'): ObjectChange => ({ kind: 'Pod', key: name, object: aPod({ name, uid }) });
const gone = (name: string, cause: 'watch' | 'relist' = 'watch'): ObjectChange => ({
  kind: 'Pod',
  key: name,
  object: undefined,
  cause,
});

function pendingAfter(...changes: readonly ObjectChange[]): readonly ObjectChange[] {
  const pending = new ChangeQueue();
  for (const change of changes) pending.add(change);
  return pending.take(Infinity);
}

it('keeps the last state of each object', () => {
  expect(pendingAfter(there('a'), there('b'), there('a', 'two'))).toEqual([there('a', 'two'), there('b')]);
  expect(pendingAfter(there('a'), gone('a'))).toEqual([gone('a')]);
});

it('keeps the end of an object before its successor of the same name', () => {
  expect(pendingAfter(gone('a', 'relist'), there('a', 'two'))).toEqual([gone('a', 'relist'), there('a', 'two')]);
  expect(pendingAfter(gone('a'), there('a', 'two'), there('a', 'three'))).toEqual([gone('a'), there('a', 'three')]);
  expect(pendingAfter(gone('a', 'relist'), there('a', 'two'), gone('a'))).toEqual([gone('a', 'relist')]);
});

it('hands on in portions, the objects that waited longest first', () => {
  const pending = new ChangeQueue();
  for (const change of [there('a'), there('b'), there('c'), there('a', 'two')]) pending.add(change);
  expect([pending.take(2), pending.empty]).toEqual([[there('a', 'two'), there('b')], false]);
  expect([pending.take(2), pending.empty]).toEqual([[there('c')], true]);
});

it('takes changes back without undoing what came in since', () => {
  const pending = new ChangeQueue();
  pending.add(gone('a'));
  pending.add(there('b'));
  const taken = pending.take(2);
  pending.add(there('a', 'two'));
  pending.add(gone('b'));
  pending.restore(taken);
  expect(pending.take(Infinity)).toEqual([gone('a'), there('a', 'two'), gone('b')]);
});
