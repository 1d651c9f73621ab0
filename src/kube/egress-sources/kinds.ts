import { egress } from './antrea.ts';
import { ciliumEgressGatewayPolicy } from './cilium.ts';
import type { EgressSourceKind } from './kind.ts';
import { egressIp } from './ovn.ts';

/** One reading for each network plugin. Calico's gateways are pods: they are what vantage EgressGateway is for. */
export const egressSourceKinds: readonly EgressSourceKind[] = [egressIp, ciliumEgressGatewayPolicy, egress];
