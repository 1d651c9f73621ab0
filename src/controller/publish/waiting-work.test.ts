import { describe, expect, it } from 'vitest';
import { WaitingWork } from './waiting-work.ts';

const minute = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

describe('work that waits for a worker', () => {
  it('is late after a minute at the earliest, and no longer once a worker has dealt with it', () => {
    const waiting = new WaitingWork();
    waiting.requested('edge', 0);
    expect(waiting.late('edge', minute - 1)).toBeUndefined();
    expect(waiting.late('edge', minute)).toEqual({ reason: 'WorkWaits', since: iso(0) });
    expect(waiting.late('other', minute)).toBeUndefined();
    waiting.completed({ point: 'edge', version: 3 }, 3, minute);
    expect(waiting.late('edge', 10 * minute)).toBeUndefined();
  });

  it('is not dealt with by a report of an older publication, but the worker is there', () => {
    const waiting = new WaitingWork();
    waiting.requested('edge', 0);
    waiting.completed({ point: 'edge', version: 2 }, 3, 50_000);
    expect(waiting.late('edge', 70_000)).toBeUndefined();
    expect(waiting.late('edge', 110_000)).toEqual({ reason: 'WorkWaits', since: iso(50_000) });
  });

  it('may take a small multiple of what it usually takes, and never ten minutes', () => {
    const waiting = new WaitingWork();
    for (let at = 0; at < 20; at += 1) {
      waiting.requested('slow', at * 10 * minute);
      waiting.completed({ point: 'slow', version: at }, at, at * 10 * minute + minute);
    }
    waiting.requested('slow', 1_000 * minute);
    expect(waiting.late('slow', 1_003 * minute)).toBeUndefined();
    expect(waiting.late('slow', 1_004 * minute)).toMatchObject({ reason: 'WorkWaits' });
    for (let at = 0; at < 20; at += 1) {
      waiting.requested('slower', at * 100 * minute);
      waiting.completed({ point: 'slower', version: at }, at, at * 100 * minute + 30 * minute);
    }
    waiting.requested('slower', 5_000 * minute);
    expect(waiting.late('slower', 5_010 * minute)).toMatchObject({ reason: 'WorkWaits' });
  });

  it('is not taken to be slow because there were no workers for an hour', () => {
    const waiting = new WaitingWork();
    waiting.requested('edge', 0);
    waiting.completed({ point: 'edge', version: 1 }, 1, 60 * minute);
    waiting.requested('edge', 61 * minute);
    expect(waiting.late('edge', 63 * minute)).toMatchObject({ reason: 'WorkWaits' });
  });

  it('cannot even be handed over while the store does not answer', () => {
    const waiting = new WaitingWork();
    waiting.storeAsked(0);
    waiting.storeAsked(30_000);
    expect(waiting.late('edge', minute - 1)).toBeUndefined();
    expect(waiting.late('edge', minute)).toEqual({ reason: 'StoreUnavailable', since: iso(0) });
    waiting.storeAnswered();
    expect(waiting.late('edge', 2 * minute)).toBeUndefined();
  });
});
