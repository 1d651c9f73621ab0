import { parseAddress } from '../../../net/address.ts';
import { networkOf } from '../../values/networks.ts';
import { hostCovers } from '../registry/host.ts';

/** Why istiod refuses an object: where, and what it wants. */
export type Fault = readonly [field: string, message: string];

/** The faults of those of which it is so. */
export function faults(...all: readonly (readonly [isSo: boolean, ...fault: Fault])[]): readonly Fault[] {
  return all.flatMap(([isSo, field, message]) => (isSo ? [[field, message] as const] : []));
}

/** As Istio has it: upper case, too. */
export const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/i;
const wildcardLabel = /^(\*|\*-)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$|^\*$/i;

/** A name with at most one wildcard, in front. */
export function isDomain(host: string): boolean {
  const [first = '', ...rest] = host.split('.');
  if (host === '' || host.length > 255 || !wildcardLabel.test(first)) return false;
  return rest.every((label, at) => dnsLabel.test(label) || (label === '' && at === rest.length - 1));
}

export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

export function isAddressOrNetwork(text: string): boolean {
  return networkOf(text) !== undefined;
}

/** The first host that another one before it covers. */
export function coveredTwice(hosts: readonly string[]): string | undefined {
  return hosts.find((host, at) => hosts.slice(0, at).some((one) => hostCovers(one, host) || hostCovers(host, one)));
}

export function exportFaults(
  { namespace, exportTo }: { readonly namespace: string; readonly exportTo: readonly string[] },
  isEntry = false,
): readonly Fault[] {
  const named = exportTo.map((to) => (to === '.' ? namespace : to));
  const wrong = named.find((to) => to !== '*' && !(isEntry && to === '~') && !dnsLabel.test(to));
  const alone = named.find((to) => (to === '*' || to === '~') && named.length > 1);
  return faults(
    [new Set(named).size < named.length, 'spec.exportTo', `names a namespace twice ("." is ${namespace})`],
    [wrong !== undefined, 'spec.exportTo', `has ${JSON.stringify(wrong)}, which is no namespace`],
    [alone !== undefined, 'spec.exportTo', `has "${alone ?? ''}" beside others`],
  );
}

const protocols =
  'HTTP HTTP2 HTTP_PROXY GRPC GRPC-WEB HTTPS TLS TCP UDP MONGO REDIS MYSQL HBONE HTTP3 DOUBLE-HBONE'.split(' ');

export function isProtocol(protocol: string): boolean {
  return protocols.includes(protocol.toUpperCase());
}
