import { describe, expect, it } from 'vitest';
import { MemoryPointLeases } from './point-lease.ts';

describe('MemoryPointLeases', () => {
  it('go to one at a time, with growing tokens, and come back when given back', async () => {
    const leases = new MemoryPointLeases();
    const first = await leases.acquire('edge');
    expect(await leases.acquire('edge')).toBeUndefined();
    expect(await leases.acquire('other')).toMatchObject({ token: 2 });
    await first?.confirm();
    await first?.release();
    expect(await leases.acquire('edge')).toMatchObject({ token: 3 });
  });
});
