import { beforeEach, describe, expect, it } from 'vitest';
import { nothingDesired } from '../../src/core/model/desired.ts';
import { stateWith } from './worker-rig.ts';
import type { Reading, ReadingStore } from '../../src/store/reading-store.ts';

export function aReading(fields: Partial<Reading> = {}): Reading {
  const rule = { kind: 'rule', name: 'a', spec: { action: 'Accept' }, effect: 'Accept', position: 0 } as const;
  const refs = [{ kind: 'group', name: 'g' }];
  return {
    point: 'edge',
    version: 1,
    resources: [
      { ...rule, refs, desiredId: '0a1b2c' },
      { kind: 'group', name: 'g', spec: {}, members: ['10.0.0.1'], refs: [], effect: 'Accept' },
    ],
    losses: [{ effect: 'narrowed', id: '0a1b2c', code: 'ipv4-only', message: 'Some of it.' }],
    ...fields,
  };
}

/** The version of a publication to Redis follows the time. */
const microseconds = 1_796_003_157_794_533;

/** What every `ReadingStore` keeps to. */
export function describeReadingStore(name: string, open: () => Promise<ReadingStore>): void {
  describe(`readings ${name}`, () => {
    let store: ReadingStore;
    beforeEach(async () => {
      store = await open();
    });

    it('knows nothing of a point of which nothing was read', async () => {
      expect([await store.version('edge'), await store.last('edge')]).toEqual([undefined, undefined]);
    });

    it('has the last reading of each point, as it was', async () => {
      const later = aReading({ version: microseconds, resources: [] });
      await store.keep(aReading());
      await store.keep(later);
      await store.keep(aReading({ point: 'core' }));
      expect([await store.version('edge'), await store.last('edge')]).toEqual([microseconds, later]);
      expect(await store.last('core')).toEqual(aReading({ point: 'core' }));
    });

    it('has the same content under its newer version', async () => {
      await store.keep(aReading());
      await store.keep(aReading({ version: 7 }));
      expect([await store.version('edge'), await store.last('edge')]).toEqual([7, aReading({ version: 7 })]);
    });

    it('has what was in force last, without members, whatever becomes of readings', async () => {
      const desired = stateWith(['10.0.0.1']);
      expect(await store.inForce('edge')).toBeUndefined();
      await store.keepInForce('edge', nothingDesired('edge'));
      await store.keepInForce('edge', desired);
      await store.forget('edge');
      const groups = desired.groups.map((group) => ({ ...group, members: [] }));
      expect(await store.inForce('edge')).toEqual({ ...desired, groups });
      await store.forgetInForce('edge');
      expect(await store.inForce('edge')).toBeUndefined();
    });

    it('forgets, and takes up again what it had before', async () => {
      await store.keep(aReading());
      await store.forget('edge');
      expect([await store.version('edge'), await store.last('edge')]).toEqual([undefined, undefined]);
      await store.keep(aReading());
      expect(await store.last('edge')).toEqual(aReading());
    });
  });
}
