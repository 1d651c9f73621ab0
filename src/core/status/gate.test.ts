import { expect, it } from 'vitest';
import { judgeGate, type GateTimeout } from './gate.ts';

const needs = [
  { point: 'west', version: 4 },
  { point: 'east', version: 7 },
];
const judge = (readBack: Record<string, number>, waitedMs: number, then: GateTimeout['then'] = 'Closed') =>
  judgeGate(needs, (point) => readBack[point] ?? 0, waitedMs, { afterMs: 60_000, then });

it('opens when every point has been read back at the publication that knew the pod, or a later one', () => {
  expect(judge({ east: 7, west: 9 }, 0)).toEqual({
    status: 'True',
    reason: 'Live',
    message: 'Its addresses are live on east, west.',
  });
});

it('says nothing while it waits', () => {
  expect([judge({ east: 6, west: 9 }, 0), judge({}, 59_999)]).toEqual([undefined, undefined]);
});

it('opens or stays closed in the end, as chosen, and names who is late', () => {
  expect([judge({ west: 4 }, 60_000, 'Open'), judge({ west: 4 }, 60_000, 'Closed')]).toEqual([
    {
      status: 'True',
      reason: 'TimedOut',
      message: 'Let through although not live on east after 60 s; its connections may be refused.',
    },
    {
      status: 'False',
      reason: 'TimedOut',
      message: 'Still not live on east after 60 s; look at the status of these points.',
    },
  ]);
});

it('opens late rather than never', () => {
  expect(judge({ east: 7, west: 4 }, 999_999)).toMatchObject({ status: 'True', reason: 'Live' });
});

it('lets a pod through that no point covers', () => {
  expect(judgeGate([], () => 0, 0, { afterMs: 1, then: 'Closed' })).toMatchObject({
    status: 'True',
    reason: 'NotCovered',
  });
});
