import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SimulatedFlow } from '../../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { addressesOf } from '../../../../kit/simulator/traffic/names.ts';
import { formatAddress } from '../../../../src/net/address.ts';
import { policy, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
let now = 0;
beforeAll(async () => {
  bench = await startBench({ now: () => now });
});
beforeEach(() => {
  // A Monday, 12:00 UTC.
  now = Date.UTC(2026, 0, 5, 12);
  bench.sim.reset();
});
afterAll(() => bench.close());

const flow: SimulatedFlow = { src: '10.0.0.1', dst: '192.0.2.1', port: 443, protocol: 'TCP' };
const put = (table: string, ...rows: readonly JsonObject[]): void => {
  for (const row of rows) bench.sim.put(table, row);
};
const addressOf = (name: string): string => addressesOf(name).map(formatAddress)[0] ?? '';
const rule = (more: Partial<SimulatedFlow> = {}): string => bench.sim.verdict({ ...flow, ...more }).rule;

describe('the packet path', () => {
  it('denies what nobody allows', () => {
    expect(bench.sim.verdict(flow)).toEqual({ action: 'Deny', rule: 'implicit' });
  });

  it('takes the first match in table order, not by number', () => {
    put('firewall/policy', policy('first', { action: 'deny' }), policy('second'));
    expect(bench.sim.verdict(flow)).toEqual({ action: 'Deny', rule: 'first' });
    bench.sim.move(2, { before: '1' });
    expect(bench.sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'second' });
  });

  it('goes by number where a policy has no name', () => {
    put('firewall/policy', policy('', { policyid: 42 }));
    expect(rule()).toBe('42');
  });

  it('passes over disabled policies', () => {
    put('firewall/policy', policy('off', { status: 'disable' }));
    expect(rule()).toBe('implicit');
  });

  it('matches prefixes, ranges, wildcards, and groups of groups without what they exclude', () => {
    put(
      'firewall/address',
      { name: 'net', subnet: '10.0.0.0/24' },
      { name: 'hole', subnet: '10.0.0.66/32' },
      { name: 'range', type: 'iprange', 'start-ip': '10.1.0.5', 'end-ip': '10.1.0.9' },
      { name: 'odd', type: 'wildcard', wildcard: '10.2.0.1 255.255.0.1' },
    );
    put(
      'firewall/addrgrp',
      { name: 'inner', member: [{ name: 'net' }], exclude: 'enable', 'exclude-member': [{ name: 'hole' }] },
      { name: 'outer', member: [{ name: 'inner' }, { name: 'range' }, { name: 'odd' }] },
    );
    put('firewall/policy', policy('p', { srcaddr: [{ name: 'outer' }] }));
    const sources = ['10.0.0.65', '10.0.0.66', '10.1.0.4', '10.1.0.5', '10.1.0.9', '10.1.0.10', '10.2.9.7', '10.2.9.8'];
    expect(sources.filter((src) => rule({ src }) === 'p')).toEqual(['10.0.0.65', '10.1.0.5', '10.1.0.9', '10.2.9.7']);
  });

  it('an empty group is nothing, and negated it is everything', () => {
    put('firewall/addrgrp', { name: 'empty', member: [] });
    put('firewall/policy', policy('p', { srcaddr: [{ name: 'empty' }] }));
    expect(rule()).toBe('implicit');
    put('firewall/policy', { policyid: 1, 'srcaddr-negate': 'enable' });
    expect(rule()).toBe('p');
  });

  it('keeps the families apart', () => {
    put('firewall/address6', { name: 'net6', ip6: '2001:db8::/64' });
    put('firewall/addrgrp6', { name: 'group6', member: [{ name: 'net6' }] });
    put(
      'firewall/policy',
      policy('four'),
      policy('six', { srcaddr6: [{ name: 'group6' }], dstaddr6: [{ name: 'all' }] }),
    );
    const six = { src: '2001:db8::1', dst: '2001:db8:1::1' };
    expect([rule(), rule(six), rule({ ...six, src: '2001:db8:0:1::1' })]).toEqual(['four', 'six', 'implicit']);
    expect(rule({ src: '2001:db8::1', dst: '192.0.2.1' })).toBe('implicit');
  });

  it('matches a name by the addresses that the device resolved, whatever the client calls it', () => {
    put('firewall/address', { name: 'site', type: 'fqdn', fqdn: 'www.example.com' });
    put('firewall/policy', policy('p', { dstaddr: [{ name: 'site' }] }));
    const address = addressOf('www.example.com');
    expect(address).toMatch(/^198\.1[89]\./);
    expect(bench.sim.verdict({ src: '10.0.0.1', host: 'WWW.example.com.', port: 443, protocol: 'TCP' }).rule).toBe('p');
    expect(rule({ dst: address })).toBe('p');
    expect(rule({ dst: address, host: 'else.example' })).toBe('p');
    expect(rule({ host: 'www.example.com' })).toBe('implicit');
    expect(rule({ dst: addressOf('example.com') })).toBe('implicit');
  });

  it('knows the addresses of a wildcard only after somebody asked for the name', () => {
    put('firewall/address', { name: 'wild', type: 'fqdn', fqdn: '*.example.com' });
    put('firewall/policy', policy('p', { dstaddr: [{ name: 'wild' }] }));
    const [address, apex, other] = ['a.b.example.com', 'example.com', 'badexample.com'].map(addressOf) as [
      string,
      string,
      string,
    ];
    expect(rule({ dst: address })).toBe('implicit');
    expect(rule({ host: 'a.b.example.com' })).toBe('implicit');
    expect(rule({ dst: address })).toBe('p');
    expect(rule({ dst: apex, host: 'example.com' })).toBe('implicit');
    expect(rule({ dst: other, host: 'badexample.com' })).toBe('implicit');
  });

  it('sends a destination known by name only to the address of that name', () => {
    put('firewall/address', { name: 'benchmark', subnet: '198.18.0.0/15' });
    put('firewall/policy', policy('p', { dstaddr: [{ name: 'benchmark' }] }));
    expect(bench.sim.verdict({ src: '10.0.0.1', host: 'any.example', port: 1, protocol: 'UDP' }).rule).toBe('p');
  });

  it('matches services by protocol and port, through groups', () => {
    put('firewall.service/custom', {
      name: 'mixed',
      'tcp-portrange': '443 8443-8450:1024-65535',
      'udp-portrange': '53',
    });
    put('firewall.service/group', { name: 'services', member: [{ name: 'mixed' }, { name: 'SSH' }] });
    put('firewall/policy', policy('p', { service: [{ name: 'services' }] }));
    const hits = [
      { port: 443 },
      { port: 8450 },
      { port: 22 },
      { port: 53, protocol: 'UDP' },
      { port: 53 },
      { port: 443, protocol: 'UDP' },
      { port: 8451 },
    ] as const;
    expect(hits.map((hit) => rule(hit))).toEqual(['p', 'p', 'p', 'p', 'implicit', 'implicit', 'implicit']);
    put('firewall/policy', { policyid: 1, 'service-negate': 'enable' });
    expect([rule({ port: 443 }), rule({ port: 444 })]).toEqual(['implicit', 'p']);
  });

  it('follows schedules, once and every week', () => {
    put('firewall.schedule/onetime', { name: 'once', start: '00:00 2026/01/05', end: '13:00 2026/01/05' });
    put('firewall.schedule/recurring', { name: 'office', day: 'monday tuesday', start: '08:00', end: '12:30' });
    put('firewall/policy', policy('once', { schedule: 'once' }), policy('office', { schedule: 'office' }));
    const at = (hour: number, minute: number, day = 5): string => {
      now = Date.UTC(2026, 0, day, hour, minute);
      return rule();
    };
    expect([at(12, 59), at(13, 0), at(12, 0, 6), at(12, 30, 6), at(12, 0, 7)]).toEqual([
      'once',
      'implicit',
      'office',
      'implicit',
      'implicit',
    ]);
  });

  it('follows a week over midnight: an end that is not after the start is of the next day', () => {
    put('firewall.schedule/recurring', { name: 'night', day: 'monday', start: '22:00', end: '06:00' });
    put('firewall.schedule/recurring', { name: 'round', day: 'monday', start: '08:00', end: '08:00' });
    put('firewall/policy', policy('night', { schedule: 'night' }), policy('round', { schedule: 'round' }));
    const at = (day: number, hour: number): string => {
      now = Date.UTC(2026, 0, day, hour);
      return rule();
    };
    // The 5th is a Monday.
    expect([at(4, 23), at(5, 5), at(5, 7), at(5, 8), at(5, 21), at(5, 22)]).toEqual([
      'implicit',
      'implicit',
      'implicit',
      'round',
      'round',
      'night',
    ]);
    expect([at(6, 5), at(6, 6), at(6, 7), at(6, 8), at(6, 23)]).toEqual([
      'night',
      'round',
      'round',
      'implicit',
      'implicit',
    ]);
  });

  it('is inside a group of schedules when it is inside one of them', () => {
    put('firewall.schedule/recurring', { name: 'noon', day: 'monday', start: '12:00', end: '13:00' });
    put('firewall.schedule/onetime', { name: 'once', start: '00:00 2026/01/06', end: '13:00 2026/01/06' });
    put('firewall.schedule/group', { name: 'both', member: [{ name: 'noon' }, { name: 'once' }] });
    put('firewall/policy', policy('p', { schedule: 'both' }));
    const at = (day: number, hour: number): string => {
      now = Date.UTC(2026, 0, day, hour);
      return rule();
    };
    expect([at(5, 12), at(5, 13), at(6, 12), at(6, 13)]).toEqual(['p', 'implicit', 'p', 'implicit']);
    expect(() => bench.sim.remove('firewall.schedule/recurring', 'noon')).toThrow('used by other 1');
    expect(() => bench.sim.put('firewall.schedule/group', { name: 'none', member: [] })).toThrow('empty');
    expect(() => bench.sim.put('firewall.schedule/group', { name: 'far', member: [{ name: 'x' }] })).toThrow('x');
  });

  it('ends a policy that ends by itself', () => {
    const expiry = { 'policy-expiry': 'enable', 'policy-expiry-date': '2026-01-05 12:30:00' };
    put('firewall/policy', policy('p', expiry));
    expect(rule()).toBe('p');
    now += 30 * 60_000;
    expect(rule()).toBe('implicit');
  });

  it('ignores destination and service where an internet service is named', () => {
    const more = { 'internet-service': 'enable', 'internet-service-name': [{ name: 'Google-DNS' }] };
    put('firewall/policy', policy('p', { ...more, dstaddr: [{ name: 'none' }], service: [{ name: 'SSH' }] }));
    expect(rule()).toBe('p');
  });

  it('looks at interfaces when it is told which way flows take', async () => {
    const routed = await startBench({ route: { srcintf: 'port1', dstintf: 'wan1' } });
    routed.sim.put('firewall/policy', policy('elsewhere', { dstintf: [{ name: 'wan2' }] }));
    routed.sim.put('firewall/policy', policy('here', { srcintf: [{ name: 'port1' }], dstintf: [{ name: 'wan1' }] }));
    expect(routed.sim.verdict(flow).rule).toBe('here');
    await routed.close();
  });
});
