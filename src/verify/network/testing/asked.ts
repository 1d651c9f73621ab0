import { meshOf } from '../../mesh/testing/fixtures.ts';
import type { End, Wire } from '../ends/ends.ts';
import { readNetwork } from '../network.ts';

/** Somebody outside, by address or by name, or the gateway pod of a namespace. */
export type Peer = { readonly address: string } | { readonly host: string } | { readonly pod: string };

export const publicAddress = { address: '203.0.113.9' };
export const publicName = { host: 'api.test' };
export const gateway = { pod: 'istio-egress' };

/**
 * May pod `app: web` of namespace `shop` reach a peer under these objects? `yes`, `no` or `unknown`, and the object that
 * says so: `no NetworkPolicy/shop/isolated`.
 */
export function asked(
  yaml: readonly string[],
  peer: Peer,
  { port = 443, protocol = 'TCP', service }: Partial<Wire> = {},
): string {
  const network = readNetwork(meshOf(yaml).network);
  const from = network.podEnd({ namespace: 'shop', labels: { app: 'web' }, addresses: ['10.1.0.7'], namedPorts: {} });
  const to: End =
    'pod' in peer
      ? network.podEnd({
          namespace: peer.pod,
          labels: { gateway: 'shared' },
          addresses: ['10.1.0.9'],
          namedPorts: { tls: { port: 443, protocol: 'TCP' } },
        })
      : { kind: 'outside', host: undefined, address: undefined, names: [], ...peer };
  const { allowed, object } = network.connects(from, to, { port, protocol, service });
  return `${allowed} ${object}`.trim();
}
