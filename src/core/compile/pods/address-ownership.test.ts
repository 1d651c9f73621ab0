import { describe, expect, it } from 'vitest';
import { AddressOwnership } from './address-ownership.ts';
import { pod } from '../testing/builders.ts';

const address = '10.0.0.1';
const older = pod('a/older', { addresses: [address], created: '2026-01-01T00:00:00Z' });
const newer = pod('a/newer', { addresses: [address, 'fd00::1'], created: '2026-01-01T00:00:01Z' });

describe('the claim to an address', () => {
  it('belongs to the newest pod, whichever is heard of first', () => {
    const claims = new AddressOwnership();
    expect(claims.claim(older)).toEqual([]);
    expect(claims.claim(newer)).toEqual([{ address, from: older, to: newer }]);
    const reverse = new AddressOwnership();
    reverse.claim(newer);
    expect(reverse.claim(older)).toEqual([]);
    expect([reverse.of(older), reverse.of(newer)]).toEqual([[], [address, 'fd00::1']]);
  });

  it('falls back to an older pod that still lives', () => {
    const claims = new AddressOwnership();
    claims.claim(older);
    claims.claim(newer);
    expect(claims.release(newer)).toEqual([{ address, from: newer, to: older }]);
    expect([claims.of(older), claims.holder('fd00::1')]).toEqual([[address], undefined]);
  });

  it('is decided by the uid between pods of the same second', () => {
    const twins = ['1', '2'].map((uid) => pod('a/twin', { uid, addresses: [address] }));
    const claims = new AddressOwnership();
    for (const twin of twins) claims.claim(twin);
    expect(twins.map((twin) => claims.of(twin))).toEqual([[], [address]]);
  });

  it('is never made by a pod on the host network, whose address is the node', () => {
    const host = pod('a/host', { addresses: ['192.0.2.1'], hostNetwork: true });
    const claims = new AddressOwnership();
    expect([claims.claim(host), claims.of(host), claims.release(host)]).toEqual([[], [], []]);
  });

  it("is nobody's where the pod that is left over is the newest, until the node lets go", () => {
    let isTaken = true;
    const claims = new AddressOwnership((one) => isTaken && one === newer);
    claims.claim(older);
    expect(claims.claim(newer)).toEqual([{ address, from: older, to: newer }]);
    expect([claims.of(newer), claims.holder(address)]).toEqual([[], undefined]);
    isTaken = false;
    expect(claims.holder(address)).toBe(newer);
  });

  it('passes nothing from or to a pod that is left over, which had nothing', () => {
    const claims = new AddressOwnership((one) => one === older);
    claims.claim(older);
    expect(claims.claim(newer)).toEqual([]);
    expect(claims.of(newer)).toContain(address);
    expect(claims.release(newer)).toEqual([]);
    expect([claims.of(older), claims.holder(address)]).toEqual([[], undefined]);
  });
});
