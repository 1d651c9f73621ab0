import { isPattern } from '../registry/host.ts';
import type { ServiceEntry, WorkloadEntry } from '../objects/traffic.ts';
import { repeated } from '../checks/check.ts';
import {
  dnsLabel,
  exportFaults,
  faults,
  isAddress,
  isAddressOrNetwork,
  isDomain,
  isProtocol,
  type Fault,
} from './fault.ts';

export function entryFaults(entry: ServiceEntry): readonly Fault[] {
  const { hosts, addresses, endpoints, workloadSelector } = entry;
  const badHost = hosts.find((host) => host === '*' || !isDomain(host));
  const badAddress = addresses.find((address) => !isAddressOrNetwork(address));
  return [
    ...faults(
      [hosts.length === 0, 'spec.hosts', 'needs a host'],
      [badHost !== undefined, 'spec.hosts', `has ${JSON.stringify(badHost)}, which is no host name`],
      [badAddress !== undefined, 'spec.addresses', `has ${JSON.stringify(badAddress)}, which is no address`],
      [
        workloadSelector !== undefined && endpoints.length > 0,
        'spec.endpoints',
        'has endpoints and a workloadSelector',
      ],
    ),
    ...portFaults(entry),
    ...resolutionFaults(entry),
    ...opaqueFaults(entry),
    ...exportFaults(entry, true),
  ];
}

export function workloadFaults({ address = '', network, ports = {} }: WorkloadEntry): readonly Fault[] {
  const isSocket = address.startsWith('unix://');
  const isKnown = address === '' || isSocket || isAddress(address) || (isDomain(address) && !isPattern(address));
  return faults(
    [address === '' && network === undefined, 'spec.address', 'needs an address'],
    [!isKnown, 'spec.address', `${JSON.stringify(address)} is neither an address nor a host name`],
    [isSocket && Object.keys(ports).length > 0, 'spec.ports', 'has ports for a Unix socket'],
  );
}

function portFaults({ ports }: ServiceEntry): readonly Fault[] {
  const [twice] = repeated(ports.map(({ number }) => number));
  const [nameTwice] = repeated(ports.map(({ name }) => name));
  const badName = ports.find(({ name = '' }) => !dnsLabel.test(name));
  const badProtocol = ports.find(({ protocol = '' }) => protocol !== '' && !isProtocol(protocol))?.protocol;
  return faults(
    [twice !== undefined, 'spec.ports', `has port ${twice ?? ''} twice`],
    [nameTwice !== undefined, 'spec.ports', `has the port name ${JSON.stringify(nameTwice)} twice`],
    [
      badName !== undefined,
      'spec.ports',
      `has the port name ${JSON.stringify(badName?.name ?? '')}, which is no DNS label`,
    ],
    [badProtocol !== undefined, 'spec.ports', `has the protocol ${badProtocol ?? ''}, which Istio does not know`],
  );
}

const dynamicProtocols = ['HTTP', 'HTTP2', 'GRPC', 'TLS'];

function resolutionFaults(entry: ServiceEntry): readonly Fault[] {
  const { resolution = 'NONE', addresses, endpoints } = entry;
  const isNetwork = addresses.some((address) => address.includes('/'));
  switch (resolution) {
    case 'NONE':
      return faults([endpoints.length > 0, 'spec.endpoints', 'has endpoints, which resolution NONE has no use for']);
    case 'STATIC':
      return endpointFaults(entry, isAddress);
    case 'DYNAMIC_DNS':
      return dynamicFaults(entry);
    default:
      return [
        ...faults(
          [isNetwork, 'spec.addresses', 'has a network, which needs resolution NONE or STATIC'],
          [
            endpoints.length === 0 && entry.hosts.some(isPattern),
            'spec.hosts',
            'has a wildcard, which cannot be resolved',
          ],
          [
            resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1,
            'spec.endpoints',
            'has several, and DNS_ROUND_ROBIN takes one',
          ],
        ),
        ...endpointFaults(entry, (address) => isAddress(address) || (isDomain(address) && !isPattern(address))),
      ];
  }
}

function endpointFaults(
  { endpoints, ports, resolution = '' }: ServiceEntry,
  isFit: (address: string) => boolean,
): readonly Fault[] {
  const names = new Set(ports.map(({ name }) => name));
  const bad = endpoints.find(({ address = '' }) => !isFit(address) && !address.startsWith('unix://'));
  const stray = endpoints.flatMap((one) => Object.keys(one.ports ?? {})).find((name) => !names.has(name));
  return faults(
    [
      bad !== undefined,
      'spec.endpoints',
      `has ${JSON.stringify(bad?.address ?? '')}, which resolution ${resolution} does not take`,
    ],
    [stray !== undefined, 'spec.endpoints', `names the port ${stray ?? ''}, which is not one of its ports`],
  );
}

function dynamicFaults({ hosts, addresses, endpoints, ports }: ServiceEntry): readonly Fault[] {
  const unspoken = ports.find(({ protocol = '' }) => !dynamicProtocols.includes(protocol.toUpperCase()));
  return faults(
    [!hosts.every(isPattern), 'spec.hosts', 'has a host without a wildcard, and DYNAMIC_DNS is for wildcards'],
    [addresses.length > 0, 'spec.addresses', 'has addresses, which DYNAMIC_DNS does not take'],
    [endpoints.length > 0, 'spec.endpoints', 'has endpoints, which DYNAMIC_DNS does not take'],
    [
      unspoken !== undefined,
      'spec.ports',
      'has a port that is not HTTP, HTTP2, GRPC or TLS, which DYNAMIC_DNS does not take',
    ],
  );
}

function opaqueFaults({ hosts, ports, resolution = 'NONE' }: ServiceEntry): readonly Fault[] {
  const isNamed = (protocol: string): boolean => /^(HTTPS?|HTTP2|HTTP_PROXY|GRPC|GRPC-WEB|TLS)$/i.test(protocol);
  const opaque = ports.some(({ protocol = '' }) => !isNamed(protocol));
  return faults([
    resolution !== 'NONE' && hosts.length > 1 && opaque,
    'spec.hosts',
    'has several hosts and a port that is neither HTTP nor TLS, where they cannot be told apart',
  ]);
}
