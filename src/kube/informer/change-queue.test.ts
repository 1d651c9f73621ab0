import { expect, it } from 'vitest';
import { aPod } from '../../../test/kit/builders.ts';
import { changesOf, policy } from '../../core/compile/testing/builders.ts';
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

it('hands on the ends of pods before all that was written earlier, and their successors where they wait', () => {
  const pending = new ChangeQueue();
  const written = changesOf({ egressPolicies: ['a', 'b', 'c'].map((name) => policy(`shop/${name}`, { to: [] })) });
  const succeeded: ObjectChange = { kind: 'Pod', key: 'job', object: aPod({ name: 'job', phase: 'Succeeded' }) };
  for (const change of [there('a'), ...written, gone('b'), there('b', 'two'), succeeded, gone('a')])
    pending.add(change);
  expect(pending.take(1)).toEqual([gone('b')]);
  expect(pending.take(3)).toEqual([succeeded, gone('a'), written[0]]);
  pending.add(gone('b'));
  expect(pending.take(2)).toEqual([gone('b'), written[1]]);
  expect([pending.take(2), pending.empty]).toEqual([[written[2]], true]);
});

it('takes changes back without undoing what came in since', () => {
  const pending = new ChangeQueue();
  pending.add(gone('a'));
  pending.add(there('b'));
  const taken = pending.take(2);
  pending.add(there('a', 'two'));
  pending.add(gone('b'));
  pending.restore(taken);
  expect(pending.take(Infinity)).toEqual([gone('a'), gone('b'), there('a', 'two')]);
});
