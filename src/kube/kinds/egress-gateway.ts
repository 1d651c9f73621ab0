import type { Labels, Pod } from '../../core/model/snapshot.ts';

/** The beginning of the annotations of pods and namespaces that choose gateways of Calico. */
export const aboutEgressGateways = 'egress.projectcalico.org/';

/** Others under that prefix, about the maintenance of a gateway, Calico itself writes. */
const read = ['egressGatewayPolicy', 'maxNextHops', 'namespaceSelector', 'selector'].map(
  (name) => [name, aboutEgressGateways + name] as const,
);

/** https://docs.tigera.io/calico-enterprise/latest/networking/egress/egress-gateway-on-prem; an empty one says nothing. */
export function egressGatewayOf(annotations: Labels | null | undefined): Pick<Pod, 'egressGateway'> {
  if (annotations == null) return {};
  const said = read
    .filter(([, key]) => key in annotations)
    .map(([name, key]) => [name, annotations[key]?.trim() ?? ''] as const)
    .filter(([, text]) => text !== '');
  return said.length === 0 ? {} : { egressGateway: Object.fromEntries(said) };
}
