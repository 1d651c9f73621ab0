import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Port } from '../../api/fields/destination.ts';
import { faultOfPort, intersectPorts, normalisePorts, portsCover, subtractPorts } from './ports.ts';
import type { Ports } from './ports.ts';

const tcp = (port: number, endPort?: number): Port => ({ port, ...(endPort ? { endPort } : {}), protocol: 'TCP' });

const port = fc
  .record({
    port: fc.integer({ min: 1, max: 9 }),
    size: fc.nat(3),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
    appProtocol: fc.constantFrom('tls' as const, undefined),
  })
  .map(({ size, ...rest }): Port => ({ ...rest, endPort: rest.port + size }));
const someports = fc.array(port, { maxLength: 4 });
const flows = (['TCP', 'UDP', 'ICMP'] as const).flatMap((protocol) =>
  Array.from({ length: 14 }, (_, index) => ({ protocol, port: index })),
);
const held = (ports: Ports | undefined): string[] =>
  flows
    .filter(
      ({ protocol, port }) =>
        ports?.length === 0 ||
        ports?.some((p) => p.protocol === protocol && p.port <= port && port <= (p.endPort ?? p.port)),
    )
    .map((flow) => `${flow.protocol}/${flow.port}`);

describe('a set of ports', () => {
  it('merges what touches and keeps apart what is spoken differently', () => {
    const tls: Port = { port: 443, protocol: 'TCP', appProtocol: 'tls' };
    expect(normalisePorts([tcp(81), tcp(80), tcp(70, 79), tls, tcp(443, 443)])).toEqual([tcp(70, 81), tcp(443), tls]);
  });

  it('says no overlap as undefined, because an empty list is everything', () => {
    expect(intersectPorts([tcp(80)], [tcp(443)])).toBeUndefined();
    expect(intersectPorts([], [])).toEqual([]);
    expect(intersectPorts([], [tcp(443)])).toEqual([tcp(443)]);
  });

  it('keeps the appProtocol that one side knows', () => {
    const tls: Port = { port: 443, protocol: 'TCP', appProtocol: 'tls' };
    expect(intersectPorts([tcp(443)], [tls])).toEqual([tls]);
    expect(intersectPorts([tls], [tcp(400, 500)])).toEqual([tls]);
  });

  it('is only every port when it is empty, whatever it lists', () => {
    expect(portsCover([tcp(1, 65535), { ...tcp(1, 65535), protocol: 'UDP' }], [])).toBe(false);
  });

  it('behaves like the set of its flows', () => {
    fc.assert(
      fc.property(someports, someports, (a, b) => {
        const inB = new Set(held(b));
        const both = held(a).filter((flow) => inB.has(flow));
        expect(held(intersectPorts(a, b))).toEqual(both);
        expect(held(normalisePorts(a))).toEqual(held(a));
        expect(normalisePorts(normalisePorts(a))).toEqual(normalisePorts(a));
        expect(portsCover(b, a)).toBe(both.length === held(a).length);
        // Of every protocol and port, what is left after taking something away is said of TCP and UDP only.
        const sayable = (flow: string): boolean => both.length === 0 || /^(TCP|UDP)\/[1-9]/.test(flow);
        expect(held(subtractPorts(a, b))).toEqual(held(a).filter((flow) => !inB.has(flow) && sayable(flow)));
      }),
      { seed: 4 },
    );
  });

  it('names what is wrong with a port', () => {
    expect(faultOfPort(tcp(443, 442))).toContain('ends before it starts');
    expect(faultOfPort(tcp(0))).toContain('outside 1-65535');
    expect(faultOfPort(tcp(443))).toBeUndefined();
  });
});
