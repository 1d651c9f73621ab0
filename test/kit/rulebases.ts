import fc from 'fast-check';
import { tables } from '../../adapters/f5-afm/objects/names.ts';
import { startF5Afm, type F5AfmSimulator } from '../../adapters/f5-afm/simulator/simulator.ts';
import { prepare } from '../../adapters/f5-afm/testing/device.ts';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import { addressesOf } from '../../kit/simulator/traffic/names.ts';
import { formatAddress } from '../../src/net/address.ts';
import { aNamespace, aPod } from './builders.ts';
import { pointObject, secretObject } from './objects.ts';

/* Rulebases of others on simulated firewalls, and a cluster whose pods they are about. */

const accounts = { a: ['web', 'web', 'job'], b: ['web', 'job'] };
export const pods = Object.entries(accounts).flatMap(([namespace, all], n) =>
  all.map((serviceAccount, at) =>
    aPod({ namespace, name: `p${at}`, serviceAccount, addresses: [`10.7.${n}.${at + 1}`], workload: `Pod/p${at}` }),
  ),
);
/** Known to the devices by its name, which resolves to its address. */
const peer = { name: 'peer.example.com', address: resolved('peer.example.com') };
pods.push(
  aPod({ namespace: 'b', name: 'peer', serviceAccount: 'peer', addresses: [peer.address], workload: 'Pod/peer' }),
);
const api = { name: 'api.example.com', address: resolved('api.example.com') };

function resolved(name: string): string {
  return addressesOf(name).map(formatAddress)[0]!;
}

export const namespaces = ['a', 'b'].map((name) => aNamespace(name, { 'kubernetes.io/metadata.name': name }));
export const flows = pods.flatMap(({ addresses: [src = ''] }) =>
  [
    { dst: '203.0.113.5' },
    { dst: '203.0.113.70' },
    { dst: '198.51.100.9' },
    { dst: api.address, host: api.name },
  ].flatMap((to) =>
    (
      [
        [443, 'TCP'],
        [80, 'TCP'],
        [443, 'UDP'],
      ] as const
    ).map(([port, protocol]) => ({ src, ...to, port, protocol })),
  ),
);

export interface Rule {
  readonly action: 'accept' | 'deny';
  readonly from: readonly string[];
  readonly to: string;
  readonly service: 'any' | 'tcp-443' | 'tcp-80';
  readonly odd: (typeof oddities)[number];
}

/** What else a rule may ask, or be. */
const oddities = [
  ...(['none', 'none', 'none', 'none', 'none', 'none', 'users', 'schedule', 'disabled', 'inspected'] as const),
  ...(['source by name', 'destination by name', 'other sources', 'other destinations', 'other services'] as const),
  ...(['icmp', 'sctp', 'gre', 'excluded source', 'catalogue', 'tunnel'] as const),
];

export const rules: fc.Arbitrary<readonly Rule[]> = fc.array(
  fc.record({
    action: fc.constantFrom('accept', 'accept', 'deny'),
    from: fc.subarray(
      [
        '10.7.0.0/24',
        '10.7.1.0/24',
        '10.7.0.1/32',
        '10.7.0.2/32',
        '10.7.0.3/32',
        '10.7.1.2/32',
        '192.168.0.0/16',
        '198.18.0.0/15',
      ],
      { minLength: 1, maxLength: 3 },
    ),
    to: fc.constantFrom('203.0.113.0/24', '203.0.113.64/26', '0.0.0.0/0'),
    service: fc.constantFrom('any', 'tcp-443', 'tcp-80'),
    odd: fc.constantFrom(...oddities),
  }),
  { minLength: 1, maxLength: 5 },
);

export interface RulebaseRig {
  readonly adapter: string;
  readonly config: object;
  readonly device: FortigateSimulator | F5AfmSimulator;
  readonly write: (all: readonly Rule[]) => void;
}

function mask(prefix: number): string {
  return [24, 16, 8, 0]
    .map((shift) => ((prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0) >>> shift) & 255)
    .join('.');
}

export async function fortigateRig(): Promise<RulebaseRig> {
  const device = await startFortigate({ port: 0 });
  const address = (cidr: string, name = cidr.replace('/', '_')): { name: string } => {
    const [ip = '', prefix = '32'] = cidr.split('/');
    device.put('firewall/address', { name, type: 'ipmask', subnet: `${ip} ${mask(Number(prefix))}` });
    return { name };
  };
  const service = (name: string): { name: string } => {
    if (/icmp|sctp|gre/.test(name)) {
      const fields = {
        icmp: { protocol: 'ICMP' },
        sctp: { protocol: 'TCP/UDP/SCTP', 'sctp-portrange': '5000' },
        gre: { protocol: 'IP', 'protocol-number': 47 },
      };
      device.put('firewall.service/custom', { name, ...fields[name as keyof typeof fields] });
      return { name };
    }
    if (name === 'any') return { name: 'ALL' };
    device.put('firewall.service/custom', { name, protocol: 'TCP/UDP/SCTP', 'tcp-portrange': name.slice(4) });
    return { name };
  };
  const write = (all: readonly Rule[]): void => {
    device.reset();
    for (const { name } of [peer, api]) device.put('firewall/address', { name, type: 'fqdn', fqdn: name });
    device.put('firewall.schedule/onetime', { name: 'past', start: '00:00 2020/01/01', end: '00:00 2020/01/02' });
    for (const [at, { action, from, to, service: what, odd }] of all.entries()) {
      // FortiOS lets an address have the name of a policy.
      const names = from.map((cidr, n) => address(cidr, n === 0 ? `rule ${at}` : undefined));
      const group = {
        name: `group ${at}`,
        member: names,
        exclude: 'enable',
        'exclude-member': [address('10.7.0.1/32')],
      };
      if (odd === 'excluded source') device.put('firewall/addrgrp', group);
      device.put('firewall/policy', {
        ...{ policyid: at + 1, name: `rule ${at}`, status: 'enable', schedule: 'always', action },
        ...{ srcintf: [{ name: 'any' }], dstintf: [{ name: 'any' }], service: [service(what)] },
        ...{ srcaddr: names, dstaddr: [to === '0.0.0.0/0' ? { name: 'all' } : address(to)] },
        ...fortigateOddity(odd, names),
        ...((odd === 'icmp' || odd === 'sctp' || odd === 'gre') && { service: [service(odd)] }),
        ...(odd === 'excluded source' && { srcaddr: [{ name: group.name }] }),
        ...(odd === 'destination by name' && {
          dstaddr: [{ name: api.name }, ...(to === '0.0.0.0/0' ? [] : [address(to)])],
        }),
      });
    }
  };
  return { adapter: 'fortigate', config: { carrier: 'objects' }, device, write };
}

function fortigateOddity(odd: Rule['odd'], from: readonly object[]): object {
  switch (odd) {
    case 'users':
      return { groups: [{ name: 'guests' }] };
    case 'schedule':
      return { schedule: 'past' };
    case 'disabled':
      return { status: 'disable' };
    case 'inspected':
      return { 'utm-status': 'enable', 'av-profile': 'default' };
    case 'source by name':
      return { srcaddr: [...from, { name: peer.name }] };
    case 'other sources':
      return { 'srcaddr-negate': 'enable' };
    case 'other destinations':
      return { 'dstaddr-negate': 'enable' };
    case 'other services':
      return { 'service-negate': 'enable' };
    case 'tunnel':
      return { action: 'ipsec' };
    case 'catalogue':
      return {
        'internet-service': 'enable',
        'internet-service-name': [{ name: 'Tor-Exit.Node' }],
        dstaddr: [],
        service: [],
      };
    default:
      return {};
  }
}

export async function f5Rig(): Promise<RulebaseRig> {
  const device = await startF5Afm({ port: 0 });
  const base = `/mgmt/tm/${tables.policy}`;
  const write = (all: readonly Rule[]): void => {
    device.reset();
    prepare(device);
    device.administer('POST', base, { name: 'corporate', partition: 'postern' });
    device.administer('POST', '/mgmt/tm/net/dns-resolver', { name: 'resolver' });
    device.administer('PATCH', '/mgmt/tm/security/firewall/global-fqdn-policy', { dnsResolver: '/Common/resolver' });
    device.administer('PATCH', '/mgmt/tm/security/firewall/global-rules', { enforcedPolicy: '/postern/corporate' });
    for (const [at, { action, from, to, service, odd }] of all.entries())
      device.administer('POST', `${base}/~postern~corporate/rules`, {
        ...{ name: `rule-${at}`, 'place-after': 'last', action: action === 'accept' ? 'accept-decisively' : 'drop' },
        ...(service === 'any'
          ? { ipProtocol: odd === 'icmp' || odd === 'gre' || odd === 'sctp' ? odd : 'any' }
          : { ipProtocol: 'tcp' }),
        ...(odd === 'disabled' && { status: 'disabled' }),
        source: {
          addresses: from.map((name) => ({ name })),
          ...(odd === 'users' && service !== 'any' && { ports: [{ name: '40000' }] }),
          ...(odd === 'source by name' && { fqdns: [{ name: peer.name }] }),
        },
        destination: {
          ...(to !== '0.0.0.0/0' && { addresses: [{ name: to }] }),
          ...(odd === 'destination by name' && { fqdns: [{ name: api.name }] }),
          ...(service !== 'any' && { ports: [{ name: service.slice(4) }] }),
        },
      });
  };
  return { adapter: 'f5-afm', config: { policy: '/postern/corporate' }, device, write };
}

/** The cluster, and the point with its credentials, as manifests. */
export function clusterObjects(
  { device, adapter, config }: RulebaseRig,
  mode: 'Observe' | 'Enforce',
  clusterNetworks: readonly string[] = [],
): readonly object[] {
  const where = { url: device.url, ...config };
  return [
    secretObject(device),
    pointObject(adapter, where, { mode, ...(clusterNetworks.length > 0 && { clusterNetworks }) }),
    ...pods.map((pod) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: pod.name, namespace: pod.namespace },
      spec: { serviceAccountName: pod.serviceAccount },
      status: { phase: 'Running', podIPs: pod.addresses.map((ip) => ({ ip })) },
    })),
  ];
}
