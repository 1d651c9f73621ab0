import type { DestinationRule, RouteDestination, VirtualService } from '../objects/traffic.ts';
import { repeated } from '../checks/check.ts';
import { hostCovers } from '../registry/host.ts';
import { coveredTwice, dnsLabel, exportFaults, faults, isAddress, isDomain, type Fault } from './fault.ts';

export function routeFaults(service: VirtualService): readonly Fault[] {
  const { hosts, gateways, http, tls, tcp } = service;
  const isDelegate = hosts.length === 0;
  const isForMesh = gateways.length === 0 || gateways.includes('mesh');
  const badHost = hosts.find((host) => !(isDomain(host) || isAddress(host) || host.startsWith('outbound_')));
  const twice = badHost === undefined ? coveredTwice(hosts) : undefined;
  return [
    ...faults(
      [
        isDelegate && gateways.length + tls.length + tcp.length > 0,
        'spec.hosts',
        'has no host, and more than http routes',
      ],
      [badHost !== undefined, 'spec.hosts', `has ${JSON.stringify(badHost)}, which is no host name`],
      [isForMesh && hosts.includes('*'), 'spec.hosts', 'has "*", which is for gateways only'],
      [twice !== undefined, 'spec.hosts', `has ${twice ?? ''}, which another of its hosts covers`],
      [http.length + tls.length + tcp.length === 0, 'spec', 'has no route'],
    ),
    ...http.flatMap(httpFaults),
    ...tls.flatMap((_, at) => tlsFaults(service, at)),
    ...tcp.flatMap(({ route }, at) => [
      ...faults([route.length === 0, `spec.tcp[${at}]`, 'leads nowhere']),
      ...weightFaults(route, `spec.tcp[${at}]`),
    ]),
    ...exportFaults(service),
  ];
}

export function ruleFaults(rule: DestinationRule): readonly Fault[] {
  const { host, subsets, workloadSelector, exportTo, namespace } = rule;
  const [twice] = repeated(subsets.map(({ name }) => name));
  const badName = subsets.find(({ name }) => !dnsLabel.test(name))?.name;
  const isShown = exportTo.some((to) => to !== '.' && to !== namespace);
  return [
    ...faults(
      [!isDomain(host), 'spec.host', `${JSON.stringify(host)} is no host name`],
      [twice !== undefined, 'spec.subsets', `has the subset ${twice ?? ''} twice`],
      [badName !== undefined, 'spec.subsets', `has the subset ${JSON.stringify(badName)}, which is no DNS label`],
      [
        workloadSelector !== undefined && isShown,
        'spec.exportTo',
        'has other namespaces, and a workloadSelector is for its own',
      ],
    ),
    ...exportFaults(rule),
  ];
}

function httpFaults(
  { route, redirect, directResponse, delegate }: VirtualService['http'][number],
  at: number,
): readonly Fault[] {
  const field = `spec.http[${at}]`;
  const others = [redirect, directResponse, delegate].filter((part) => part !== undefined);
  return [
    ...faults(
      [route.length === 0 && others.length === 0, field, 'leads nowhere'],
      [route.length > 0 && others.length > 0, field, 'leads to a destination and does something else, too'],
      [others.length > 1, field, 'has more than one of redirect, directResponse and delegate'],
    ),
    ...weightFaults(route, field),
  ];
}

function tlsFaults({ hosts, tls }: VirtualService, at: number): readonly Fault[] {
  const field = `spec.tls[${at}]`;
  const { match, route } = tls[at] ?? { match: [], route: [] };
  const names = match.flatMap(({ sniHosts }) => sniHosts);
  const stray = names.find(
    (sni) => hosts.length > 0 && !isAddress(sni) && !hosts.some((host) => hostCovers(host, sni)),
  );
  return [
    ...faults(
      [match.length === 0, field, 'needs a match'],
      [match.some(({ sniHosts }) => sniHosts.length === 0), field, 'has a match without sniHosts'],
      [stray !== undefined, field, `has the SNI ${stray ?? ''}, which is none of its hosts`],
      [route.length === 0, field, 'leads nowhere'],
    ),
    ...weightFaults(route, field),
  ];
}

function weightFaults(
  route: readonly { readonly destination: RouteDestination; readonly weight?: number | undefined }[],
  field: string,
): readonly Fault[] {
  const weights = route.map(({ weight = 0 }) => weight);
  const bad = route.find(({ destination: { host } }) => host === '*' || !isDomain(host))?.destination.host;
  return faults(
    [bad !== undefined, field, `leads to ${JSON.stringify(bad)}, which is no host name`],
    [weights.some((weight) => weight < 0), field, 'has a negative weight'],
    [weights.length > 1 && weights.every((weight) => weight === 0), field, 'has several destinations without a weight'],
  );
}
