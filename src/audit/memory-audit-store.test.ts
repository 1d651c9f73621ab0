import { describe, expect, it } from 'vitest';
import { aRead, textsOf } from '../../test/kit/audit-records.ts';
import { describeAuditStore } from '../../test/kit/audit-store-contract.ts';
import { MemoryAuditStore } from './memory-audit-store.ts';

describe('MemoryAuditStore', () => {
  describeAuditStore(() => {
    let now = 0;
    const store = new MemoryAuditStore({ now: () => now });
    return Promise.resolve({
      store,
      lines: store,
      restart: () => Promise.resolve(store),
      setTime: (ms) => (now = ms),
      end: () => Promise.resolve(),
    });
  });

  it('forgets the beginning of a long chain', async () => {
    const store = new MemoryAuditStore({ now: () => 0 }, 10);
    for (let i = 0; i < 35; i += 1) await store.append('edge', [aRead()]);
    expect((await textsOf(store, 'edge')).length).toBeLessThanOrEqual(20);
    expect((await store.head('edge'))?.seq).toBe(35);
  });
});
