import { expect, it } from 'vitest';
import { anObject, aRecord } from '../testing/records.ts';
import type { LiveReading } from './in-force.ts';
import { driftOf, timesOf } from './point-report.ts';

const live: Pick<LiveReading, 'at' | 'complete' | 'differences'> = {
  at: '2026-01-04T00:00:00Z',
  complete: false,
  differences: 2,
};

it('tells the drift by the device where it was read, and else by the record', () => {
  const record = aRecord([]);
  expect(driftOf(live as LiveReading, record)).toEqual(live);
  expect(driftOf(undefined, record)).toEqual({ at: '2026-01-02T00:00:00Z', complete: true, differences: 0 });
  expect(driftOf(undefined, { lastRead: undefined })).toBeNull();
  expect(driftOf(undefined, undefined)).toBeNull();
});

it('dates a rule by the first of its objects, and its last change by the one that was written last', () => {
  const first = anObject({ reason: 'first-sync', changedAt: '2026-01-01T00:00:00Z' });
  const second = anObject({
    name: 'p2',
    since: '2026-01-03T00:00:00Z',
    changedAt: '2026-01-03T00:00:00Z',
    confirmedAt: '2026-01-04T00:00:00Z',
  });
  expect(timesOf([second, first], aRecord([first, second]))).toEqual({
    since: '2026-01-01T00:00:00Z',
    changedAt: '2026-01-03T00:00:00Z',
    changeReason: 'policy-changed',
    verifiedAt: '2026-01-02T00:00:00Z',
  });
});

it('is not verified while one of its objects is not', () => {
  const objects = [anObject(), anObject({ name: 'p2', confirmedAt: '' })];
  expect(timesOf(objects, aRecord(objects)).verifiedAt).toBe('');
});

it('tells a rule that is not there from one of which nothing is known', () => {
  expect(timesOf([], aRecord([]))).toEqual({ since: '', changedAt: '', changeReason: '', verifiedAt: '' });
  expect(timesOf([anObject()], undefined)).toEqual({
    since: null,
    changedAt: null,
    changeReason: null,
    verifiedAt: null,
  });
});
