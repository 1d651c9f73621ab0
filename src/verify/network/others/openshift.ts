import { z } from 'zod';
import { isCalledDefault, list, maybe, namespaced, portNumber, text } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import { selects } from '../../values/selector.ts';
import { allOf, anyOf, triState, type TriState } from '../../values/tri-state.ts';
import { byName, inBlock } from '../ends/blocks.ts';
import type { End, Wire } from '../ends/ends.ts';
import { labelSelector } from '../kubernetes/objects.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import type { Policy, Rule } from '../rules.ts';

/*
 * EgressFirewall of OVN-Kubernetes and EgressNetworkPolicy of OpenShift SDN: one list for a whole namespace, of which the
 * first rule that fits decides, about what leaves the cluster. They take away from what network policies let through.
 */

const rule = z.object({
  type: z.enum(['Allow', 'Deny']),
  to: z.object({ cidrSelector: maybe(text), dnsName: maybe(text), nodeSelector: maybe(labelSelector) }),
  ports: list(z.object({ protocol: maybe(text), port: maybe(portNumber) })),
});

const spec = z.object({ egress: list(rule) });
const egressFirewall = namespaced('EgressFirewall', spec).refine(...isCalledDefault);
const egressNetworkPolicy = namespaced('EgressNetworkPolicy', spec);
type Firewall = z.output<typeof egressNetworkPolicy>;

export function readOpenShift({ byKind }: NetworkObjects): readonly Policy[] {
  const ovn = readKind(byKind, 'k8s.ovn.org/EgressFirewall', egressFirewall);
  const sdn = readKind(byKind, 'network.openshift.io/EgressNetworkPolicy', egressNetworkPolicy);
  const isAlone = (one: Firewall): boolean =>
    sdn.objects.every((other) => other === one || other.namespace !== one.namespace);
  return [
    ...ovn.objects.map((one) => firewall(one)),
    ...sdn.objects.map((one) => firewall(one, isAlone(one) ? undefined : [notAlone(one)])),
    ...[...ovn.unreadable, ...sdn.unreadable].map(unreadablePolicy),
  ];
}

function firewall({ id, namespace, egress }: Firewall, instead?: readonly Rule[]): Policy {
  const rules = instead ?? egress.map((one, at) => ruleOf(one, at, id));
  return { id, namespace, selects: (pod) => triState(pod.namespace === namespace), rules };
}

/** Of several in one namespace OpenShift SDN makes one rule. */
function notAlone({ id }: Firewall): Rule {
  const reason = 'is not the only one of its namespace, so that whatever leaves the cluster is dropped';
  return { action: 'Deny', object: id, reason, matches: (_, end) => triState(end.kind !== 'pod') };
}

function ruleOf({ type, to, ports }: z.output<typeof rule>, at: number, id: string): Rule {
  return {
    action: type,
    object: id,
    reason: `says ${type} in its rule egress[${at}]`,
    byNames: to.dnsName !== undefined,
    blocks: to.cidrSelector === undefined ? [] : [to.cidrSelector],
    matches: (_, end, wire) =>
      allOf([isAbout(to, end), ports.length === 0 ? 'yes' : anyOf(ports.map((port) => isOnPort(port, wire)))]),
  };
}

function isAbout({ cidrSelector, dnsName, nodeSelector }: z.output<typeof rule>['to'], end: End): TriState {
  if (end.kind === 'pod') return 'no';
  if (nodeSelector) return triState(end.kind === 'node' && selects(nodeSelector, end.labels));
  if (cidrSelector !== undefined) return inBlock(cidrSelector, [], end, 'everything');
  if (dnsName === undefined || end.kind !== 'outside') return 'no';
  const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '');
  return dnsName.startsWith('*') ? 'unknown' : byName((name) => bare(name) === bare(dnsName), end);
}

function isOnPort(
  { protocol = 'TCP', port }: { readonly protocol?: string | undefined; readonly port?: number | undefined },
  wire: Wire,
): TriState {
  return triState(protocol === wire.protocol && (port === undefined || port === wire.port));
}
