import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SimulatedFlow } from '../../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { addressesOf } from '../../../../kit/simulator/traffic/names.ts';
import { formatAddress } from '../../../../src/net/address.ts';
import { startBench, type Bench } from '../testing/client.ts';

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

const firewall = '/mgmt/tm/security/firewall';
const flow: SimulatedFlow = { src: '10.0.0.1', dst: '192.0.2.1', port: 443, protocol: 'TCP' };
const rule = (more: Partial<SimulatedFlow> = {}, on = bench): string => on.sim.verdict({ ...flow, ...more }).rule;
const verdict = (): string => `${bench.sim.verdict(flow).action} ${rule()}`;
const post = (path: string, body: JsonObject, on = bench): unknown => on.sim.administer('POST', path, body);
const policy = (name: string, rules: readonly JsonObject[], on = bench): unknown =>
  post(`${firewall}/policy`, { name, rules: rules.map((one) => ({ action: 'accept-decisively', ...one })) }, on);
const bind = {
  global: (name: string, on = bench) =>
    on.sim.administer('PATCH', `${firewall}/global-rules`, { enforcedPolicy: `/Common/${name}` }),
  routeDomain: (name: string, id = '0', on = bench) =>
    on.sim.administer('PATCH', `/mgmt/tm/net/route-domain/${id}`, { fwEnforcedPolicy: `/Common/${name}` }),
  virtual: (name: string, virtual = 'egress', on = bench) =>
    on.sim.administer('PATCH', `/mgmt/tm/ltm/virtual/${virtual}`, { fwEnforcedPolicy: `/Common/${name}` }),
};

describe('the contexts', () => {
  it('drop in firewall mode what no rule decides about, and accept it in ADC mode', async () => {
    expect(verdict()).toBe('Deny implicit');
    const adc = await startBench({ defaultAction: 'accept' });
    expect(adc.sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'implicit' });
    await adc.close();
  });

  it('hand on what they accept, and let through what they accept decisively', () => {
    policy('g', [{ name: 'g', action: 'accept' }]);
    policy('d', [{ name: 'd', action: 'accept' }]);
    policy('v', [{ name: 'v', action: 'drop' }]);
    bind.global('g');
    bind.routeDomain('d');
    expect(verdict()).toBe('Deny implicit');
    bind.virtual('v');
    expect(verdict()).toBe('Deny v');
    bench.sim.administer('PATCH', `${firewall}/policy/d/rules/d`, { action: 'accept-decisively' });
    expect(verdict()).toBe('Accept d');
    bench.sim.administer('PATCH', `${firewall}/policy/g/rules/g`, { action: 'reject' });
    expect(verdict()).toBe('Deny g');
  });

  it('accept in the last context without more words', () => {
    policy('v', [{ name: 'v', action: 'accept' }]);
    bind.virtual('v');
    expect(verdict()).toBe('Accept v');
  });

  it('count a rule once in each context, and forget with a reboot', async () => {
    policy('p', [{ name: 'r', action: 'accept' }]);
    bind.global('p');
    bind.virtual('p');
    rule();
    rule();
    const counted = async (): Promise<readonly unknown[]> => {
      const { entries = {} } = (await bench.get('security/firewall/rule-stat')).body;
      return Object.values(entries as Readonly<Record<string, JsonObject>>).map(({ nestedStats }) => {
        const { ruleName, counter, contextType } = (nestedStats as JsonObject)['entries'] as Readonly<
          Record<string, JsonObject>
        >;
        return [ruleName?.['description'], contextType?.['description'], counter?.['value']];
      });
    };
    expect(await counted()).toEqual([
      ['r', 'global', 2],
      ['r', 'virtual', 2],
    ]);
    bench.sim.reboot();
    expect(await counted()).toEqual([]);
  });
});

describe('a virtual server', () => {
  it('takes the packets of its destination, the narrowest first', () => {
    const virtual = (name: string, destination: string, more: JsonObject = {}): unknown => {
      policy(name, [{ name }]);
      return post('/mgmt/tm/ltm/virtual', { name, destination, fwEnforcedPolicy: `/Common/${name}`, ...more });
    };
    virtual('net', '/Common/192.0.2.0:0', { mask: '255.255.255.0' });
    virtual('port', '/Common/192.0.2.0:443', { mask: '255.255.255.0' });
    virtual('host', '/Common/192.0.2.9:any');
    virtual('narrow', '/Common/192.0.2.0:443', { mask: '255.255.255.0', source: '10.9.0.0/16' });
    virtual('udp', '/Common/192.0.2.0:443', { mask: '255.255.255.0', ipProtocol: 'udp' });
    virtual('six', '/Common/2001:db8::.0', { mask: 'ffff:ffff::', source: '::/0' });
    const hits: readonly Partial<SimulatedFlow>[] = [
      { port: 80 },
      { port: 443 },
      { dst: '192.0.2.9' },
      { src: '10.9.0.1' },
      { protocol: 'UDP' },
      { src: '2001:db8::1', dst: '2001:db8::2' },
      { dst: '192.0.3.1' },
    ];
    expect(hits.map((hit) => rule(hit))).toEqual(['net', 'port', 'host', 'narrow', 'udp', 'six', 'implicit']);
  });

  it('is needed: what none takes goes nowhere, whoever accepts it', () => {
    policy('g', [{ name: 'g' }]);
    bind.global('g');
    expect(verdict()).toBe('Accept g');
    bench.sim.administer('PATCH', '/mgmt/tm/ltm/virtual/egress', { enabled: false });
    expect(bench.sim.verdict(flow).action).toBe('Deny');
  });
});

describe('a rule', () => {
  const sources = ['10.0.0.1', '10.0.0.2', '10.1.0.7', '198.51.100.1', '203.0.113.1', '2001:db8::1'];
  const matching = (): readonly string[] =>
    sources.filter((src) => rule({ src, dst: src.includes(':') ? '2001:db8::9' : '192.0.2.1' }) === 'r');
  beforeEach(() => {
    bench.sim.administer('PATCH', '/mgmt/tm/ltm/virtual/egress6', { enabled: true });
  });
  const only = (more: JsonObject): void => {
    policy('p', [{ name: 'r', ...more }]);
    bind.global('p');
  };

  it('without a source is about everybody: that is what is left when the last address is taken out', () => {
    only({ source: { addresses: [{ name: '10.0.0.1' }] } });
    expect(matching()).toEqual(['10.0.0.1']);
    bench.sim.administer('PATCH', `${firewall}/policy/p/rules/r`, { source: { addresses: [] } });
    expect(matching()).toEqual(sources);
  });

  it('holds addresses, lists of lists, and countries, each for itself', () => {
    post(`${firewall}/address-list`, {
      name: 'inner',
      addresses: [{ name: '10.1.0.0/16' }, { name: '2001:db8::/64' }],
    });
    post(`${firewall}/address-list`, {
      name: 'outer',
      geo: [{ name: 'US' }],
      addressLists: [{ name: 'inner', partition: 'Common' }],
    });
    only({ source: { addresses: [{ name: '10.0.0.2-10.0.0.9' }], addressLists: ['/Common/outer'] } });
    expect(matching()).toEqual(['10.0.0.2', '10.1.0.7', '203.0.113.1', '2001:db8::1']);
  });

  it('holds no name until the device knows whom to ask', () => {
    post(`${firewall}/address-list`, { name: 'site', fqdns: [{ name: 'www.example.com' }] });
    only({ destination: { addressLists: ['/Common/site'] } });
    const [address] = addressesOf('WWW.example.com.').filter(({ family }) => family === 4);
    const dst = address === undefined ? '' : formatAddress(address);
    const asked = (): readonly string[] => [
      rule({ dst }),
      bench.sim.verdict({ src: '10.0.0.1', host: 'www.example.com', port: 443, protocol: 'TCP' }).rule,
      rule({ dst, host: 'other.example.com' }),
      rule({ host: 'www.example.com' }),
    ];
    expect(asked()).toEqual(['implicit', 'implicit', 'implicit', 'implicit']);
    post('/mgmt/tm/net/dns-resolver', { name: 'resolver' });
    bench.sim.administer('PATCH', `${firewall}/global-fqdn-policy`, { dnsResolver: '/Common/resolver' });
    // It decides by address: another name at that address goes with it, and the name at another address does not.
    expect(asked()).toEqual(['r', 'r', 'r', 'implicit']);
  });

  it('is about its protocol and ports, through lists of port lists', () => {
    post(`${firewall}/port-list`, { name: 'inner', ports: [{ name: '8443-8450' }] });
    post(`${firewall}/port-list`, {
      name: 'outer',
      ports: [{ name: '443' }],
      portLists: [{ name: 'inner', partition: 'Common' }],
    });
    only({ ipProtocol: 'tcp', destination: { portLists: ['/Common/outer'] } });
    const hits: readonly Partial<SimulatedFlow>[] = [
      { port: 443 },
      { port: 8450 },
      { port: 8451 },
      { protocol: 'UDP' },
    ];
    expect(hits.map((hit) => rule(hit))).toEqual(['r', 'r', 'implicit', 'implicit']);
  });

  it('comes in order, through rule lists, and not at all where it is disabled', () => {
    post(`${firewall}/rule-list`, {
      name: 'l',
      rules: [
        { name: 'l1', action: 'drop', source: { addresses: [{ name: '10.0.0.2' }] } },
        { name: 'l2', action: 'drop', status: 'disabled' },
      ],
    });
    post(`${firewall}/policy`, {
      name: 'p',
      rules: [
        { name: 'list', ruleList: '/Common/l' },
        { name: 'rest', action: 'accept-decisively' },
      ],
    });
    bind.global('p');
    expect([rule(), rule({ src: '10.0.0.2' })]).toEqual(['rest', 'l1']);
    bench.sim.administer('PATCH', `${firewall}/policy/p/rules/list`, { status: 'disabled' });
    expect(rule({ src: '10.0.0.2' })).toBe('rest');
  });

  it('is in force when its schedule says so', () => {
    post(`${firewall}/schedule`, {
      name: 's',
      daysOfWeek: ['monday'],
      dailyHourStart: '8:00',
      dailyHourEnd: '12:30',
      dateValidEnd: '2026-01-12T12:15:00Z',
    });
    only({ status: 'scheduled', schedule: '/Common/s' });
    const at = (day: number, hour: number, minute: number): string => {
      now = Date.UTC(2026, 0, day, hour, minute);
      return rule();
    };
    expect([at(5, 7, 59), at(5, 8, 0), at(5, 12, 30), at(6, 9, 0), at(12, 12, 14), at(12, 12, 15)]).toEqual([
      'implicit',
      'r',
      'implicit',
      'implicit',
      'r',
      'implicit',
    ]);
  });

  it('is about the VLAN where packets come in', () => {
    post('/mgmt/tm/net/vlan', { name: 'other' });
    only({ source: { vlans: ['/Common/other'] } });
    expect(rule()).toBe('implicit');
    bench.sim.administer('PATCH', `${firewall}/policy/p/rules/r`, { source: { vlans: ['/Common/internal'] } });
    expect(rule()).toBe('r');
  });

  it('keeps the families apart', () => {
    only({});
    expect(rule({ src: '2001:db8::1' })).toBe('implicit');
    expect(matching()).toEqual(sources);
  });
});

describe('a route domain', () => {
  it('has addresses of its own', async () => {
    const second = await startBench({ route: { routeDomain: 10 } });
    post('/mgmt/tm/net/route-domain', { name: 'blue', id: 10 }, second);
    post('/mgmt/tm/ltm/virtual', { name: 'blue', destination: '/Common/0.0.0.0%10:0', source: '0.0.0.0%10/0' }, second);
    const from = (name: string): JsonObject => ({ name, source: { addresses: [{ name }] } });
    policy('p', [from('10.0.0.1'), from('10.0.0.1%1'), { ...from('10.0.0.0%10/24'), name: 'blue' }], second);
    bind.routeDomain('p', 'blue', second);
    expect([rule({}, second), rule({}, bench)]).toEqual(['blue', 'implicit']);
    await second.close();
  });
});
