import { describe, expect, it } from 'vitest';
import type { ProxyStatus, TypeStatus } from './messages.ts';
import { lagOf } from './proxy-lag.ts';

const written = Date.parse('2026-11-29T08:00:00Z');
const s = 1_000;

const proxy = (types: Readonly<Record<string, TypeStatus>>): ProxyStatus => {
  return { pod: 'shop/checkout-1', version: '1.31.0', types: new Map(Object.entries(types)) };
};
const synced = (sentAt: number): TypeStatus => ({ status: 'SYNCED', sentAt });
const both = (type: TypeStatus): ProxyStatus => proxy({ Cluster: type, Listener: type });

describe('a proxy', () => {
  it('that no istiod knows lacks everything', () => {
    expect(lagOf(undefined, { writtenAt: 0 }, written)).toBe('has a proxy that is connected to no istiod');
  });

  it('has what was written once it has taken what was sent after that', () => {
    const sent = both(synced(written + 1.4 * s));
    expect(lagOf(sent, { writtenAt: written }, written + 2 * s)).toBeUndefined();
  });

  it('may lack it while what it was sent last is older, or of the same second', () => {
    const reason = 'has a proxy that istiod may not have sent it to yet';
    for (const at of [-60 * s, -1, 0, 0.99 * s]) {
      expect(lagOf(both(synced(written + at)), { writtenAt: written }, written + 2 * s)).toBe(reason);
      expect(lagOf(both(synced(written + at)), { writtenAt: written }, written + 10.9 * s)).toBe(reason);
    }
  });

  it('to which istiod has sent nothing for as long as it gathers changes has it: the change was none of its business', () => {
    expect(lagOf(both(synced(written - 60 * s)), { writtenAt: written }, written + 11 * s)).toBeUndefined();
  });

  it('that has not acknowledged what it was sent lacks it, from the moment on in which that is no mere matter of time', () => {
    const stale = (sentAt: number): ProxyStatus =>
      proxy({ Cluster: synced(sentAt), Listener: { status: 'STALE', sentAt } });
    const reason = 'has a proxy that has not acknowledged what istiod sent it';
    expect(lagOf(stale(written + 2 * s), { writtenAt: written }, written + 3 * s)).toBe(reason);
    const later = written + 3_600 * s;
    expect(lagOf(stale(later - 4 * s), { writtenAt: written }, later)).toBeUndefined();
    expect(lagOf(stale(later - 6 * s), { writtenAt: written }, later)).toBe(reason);
  });

  it('that refused it is quoted, in one line', () => {
    const error = `Error adding/updating listener(s) 0.0.0.0_443: ${'x'.repeat(300)}\nand more`;
    const refused = proxy({ Cluster: synced(written), Listener: { status: 'ERROR', sentAt: written, error } });
    const reason = lagOf(refused, { writtenAt: 0 }, written) ?? '';
    expect(reason).toMatch(
      /^has a proxy that refused what istiod sent it: Error adding\/updating listener\(s\).*x\.\.\.$/,
    );
    expect(reason).not.toContain('more');
  });

  it('that was sent no listeners does nothing yet; one without routes of its own is nothing special', () => {
    const nothing: TypeStatus = { status: 'NOT_SENT' };
    const reason = 'has a proxy to which istiod has sent nothing yet';
    expect(lagOf(proxy({ Cluster: synced(written), Listener: nothing }), { writtenAt: 0 }, written)).toBe(reason);
    expect(lagOf(proxy({}), { writtenAt: 0 }, written)).toBe(reason);
    const without = proxy({ Cluster: synced(written), Listener: synced(written), RouteConfiguration: nothing });
    expect(lagOf(without, { writtenAt: 0 }, written)).toBeUndefined();
  });

  it('is not judged by its endpoints, which change all the time', () => {
    const sentAt = written + 2 * s;
    const busy = proxy({
      Cluster: synced(sentAt),
      Listener: synced(sentAt),
      ClusterLoadAssignment: { status: 'STALE', sentAt: 0 },
    });
    expect(lagOf(busy, { writtenAt: written }, written + 3 * s)).toBeUndefined();
  });

  it('of a version that cannot do what was written is told so, whatever it acknowledged', () => {
    const old: ProxyStatus = { ...both(synced(written + 2_000)), version: '1.28.2' };
    const due = { writtenAt: written, needs: [1, 30] as const };
    expect(lagOf(old, due, written + 3_000)).toBe(
      'has a proxy of Istio 1.28.2, and what was written needs 1.30: restart the pod',
    );
    expect(lagOf(both(synced(written + 2_000)), due, written + 3_000)).toBeUndefined();
    expect(lagOf({ ...old, version: '' }, due, written + 3_000)).toBeUndefined();
  });
});
