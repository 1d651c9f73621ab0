import { egress } from './antrea.ts';
import { egressGatewayPolicies } from './calico.ts';
import { ciliumEgressGatewayPolicy } from './cilium.ts';
import type { EgressSourceKind } from './kind.ts';
import { egressIp } from './ovn.ts';

/** One reading for each network plugin. */
export const egressSourceKinds: readonly EgressSourceKind[] = [
  egressIp,
  ciliumEgressGatewayPolicy,
  egress,
  ...egressGatewayPolicies,
];
