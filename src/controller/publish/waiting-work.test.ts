import { describe, expect, it } from 'vitest';
import { WaitingWork } from './waiting-work.ts';

const minute = 60_000;
const time = { elapsed: 0, now: 0 };
const clock = { now: () => time.now, elapsed: () => time.elapsed };
const at = (ms: number): void => void (time.elapsed = time.now = ms);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('work that waits for a worker', () => {
  it('is late after a minute at the earliest, and no longer once a worker has dealt with it', () => {
    const waiting = new WaitingWork(clock);
    at(0);
    waiting.requested('edge');
    at(minute - 1);
    expect(waiting.late('edge')).toBeUndefined();
    at(minute);
    expect(waiting.late('edge')).toEqual({ reason: 'WorkWaits', since: iso(0) });
    expect(waiting.late('other')).toBeUndefined();
    at(minute);
    waiting.completed({ point: 'edge', version: 3 }, 3);
    at(10 * minute);
    expect(waiting.late('edge')).toBeUndefined();
  });

  it('is not dealt with by a report of an older publication, but the worker is there', () => {
    const waiting = new WaitingWork(clock);
    at(0);
    waiting.requested('edge');
    at(50_000);
    waiting.completed({ point: 'edge', version: 2 }, 3);
    at(70_000);
    expect(waiting.late('edge')).toBeUndefined();
    at(110_000);
    expect(waiting.late('edge')).toEqual({ reason: 'WorkWaits', since: iso(50_000) });
  });

  it('may take a small multiple of what it usually takes, and never ten minutes', () => {
    const waiting = new WaitingWork(clock);
    for (let turn = 0; turn < 20; turn += 1) {
      at(turn * 10 * minute);
      waiting.requested('slow');
      at(turn * 10 * minute + minute);
      waiting.completed({ point: 'slow', version: turn }, turn);
    }
    at(1_000 * minute);
    waiting.requested('slow');
    at(1_003 * minute);
    expect(waiting.late('slow')).toBeUndefined();
    at(1_004 * minute);
    expect(waiting.late('slow')).toMatchObject({ reason: 'WorkWaits' });
    for (let turn = 0; turn < 20; turn += 1) {
      at(turn * 100 * minute);
      waiting.requested('slower');
      at(turn * 100 * minute + 30 * minute);
      waiting.completed({ point: 'slower', version: turn }, turn);
    }
    at(5_000 * minute);
    waiting.requested('slower');
    at(5_010 * minute);
    expect(waiting.late('slower')).toMatchObject({ reason: 'WorkWaits' });
  });

  it('is not taken to be slow because there were no workers for an hour', () => {
    const waiting = new WaitingWork(clock);
    at(0);
    waiting.requested('edge');
    at(60 * minute);
    waiting.completed({ point: 'edge', version: 1 }, 1);
    at(61 * minute);
    waiting.requested('edge');
    at(63 * minute);
    expect(waiting.late('edge')).toMatchObject({ reason: 'WorkWaits' });
  });

  it('cannot even be handed over while the store does not answer', () => {
    const waiting = new WaitingWork(clock);
    at(0);
    waiting.storeAsked();
    at(30_000);
    waiting.storeAsked();
    at(minute - 1);
    expect(waiting.late('edge')).toBeUndefined();
    at(minute);
    expect(waiting.late('edge')).toEqual({ reason: 'StoreUnavailable', since: iso(0) });
    waiting.storeAnswered();
    at(2 * minute);
    expect(waiting.late('edge')).toBeUndefined();
  });

  it('is as late as it is, though the clock is set back or forward, and says when it was asked for', () => {
    const waiting = new WaitingWork(clock);
    at(600 * minute);
    waiting.requested('edge');
    time.now = 0;
    time.elapsed += minute;
    expect(waiting.longerThan(minute - 1)).toEqual(['edge']);
    expect(waiting.late('edge')).toEqual({ reason: 'WorkWaits', since: iso(600 * minute) });
    waiting.requested('other');
    time.now = 6_000 * minute;
    expect(waiting.late('other')).toBeUndefined();
  });
});
