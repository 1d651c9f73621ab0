import { z } from 'zod';
import { parseAddress } from '../../../net/address.ts';
import { list, maybe, namespaced, text } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import { selects } from '../../values/selector.ts';
import { allOf, triState, type TriState } from '../../values/tri-state.ts';
import type { Wire } from '../ends/ends.ts';
import type { NetworkObjects } from '../objects.ts';
import { nodePolicy } from '../nodes.ts';
import { always, type Policy } from '../rules.ts';
import { ciliumPolicySchema } from './objects.ts';
import { isRefused } from './refused.ts';

/* What Cilium has beside its policies of pods: policies of nodes, and redirections. */

const onNodes = 'is about nodes, and binds their pods where the host firewall of Cilium is on, which no object shows';

export function readNodePolicies({ byKind, nodes }: NetworkObjects): readonly Policy[] {
  const kind = 'cilium.io/CiliumClusterwideNetworkPolicy';
  return readKind(byKind, kind, ciliumPolicySchema, 'Cluster').objects.flatMap(({ name, specs }) => {
    if (specs.some((spec) => isRefused(spec, true) === 'yes')) return [];
    return specs.flatMap(({ nodeSelector, egress, egressDeny }) => {
      if (nodeSelector === undefined || egress.length + egressDeny.length === 0) return [];
      const id = `CiliumClusterwideNetworkPolicy/${name}`;
      return [nodePolicy(id, onNodes, nodes, ({ labels }) => selects(nodeSelector, labels))];
    });
  });
}

const port = z.object({ port: text, protocol: maybe(text) });
const redirect = namespaced(
  'CiliumLocalRedirectPolicy',
  z.object({
    redirectFrontend: z.object({
      addressMatcher: maybe(z.object({ ip: text, toPorts: list(port) })),
      serviceMatcher: maybe(z.object({ serviceName: text, namespace: maybe(text), toPorts: list(port) })),
    }),
  }),
);

/** Where a node has one of its backends, an address leads there and not to where it is. */
export function readRedirects({ byKind }: NetworkObjects): readonly Policy[] {
  const { objects } = readKind(byKind, 'cilium.io/CiliumLocalRedirectPolicy', redirect);
  return objects.flatMap(({ id, redirectFrontend: { addressMatcher } }): readonly Policy[] => {
    if (addressMatcher === undefined) return [];
    const { ip, toPorts } = addressMatcher;
    const reason = 'sends it to a pod of the same node, where there is one of its backends';
    const isMeant = (address: string | undefined, wire: Wire): TriState =>
      allOf([
        triState(address !== undefined && isSame(ip, address)),
        triState(toPorts.some((one) => Number(one.port) === wire.port && (one.protocol ?? 'TCP') === wire.protocol)),
      ]);
    return [
      {
        id,
        selects: always,
        rules: [
          {
            action: 'Unknown',
            object: id,
            reason,
            matches: (_, to, wire) => (to.kind === 'outside' ? isMeant(to.address, wire) : 'no'),
          },
        ],
      },
    ];
  });
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [parseAddress(a), parseAddress(b)];
  return one !== undefined && one.family === other?.family && one.value === other.value;
}
