import type { Simulator } from '../../kit/simulator/simulator.ts';
import { enforcementPointSchema } from '../api/enforcement-point.ts';
import { apiVersion } from '../api/meta.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';

/** One of the appliances side by side, and the enforcement point that stands for it. */
export interface Firewall {
  /** Name of its enforcement point, and of the Secret with its credentials. */
  readonly point: string;
  /** For people: `FortiGate v7.6.5`. */
  readonly title: string;
  readonly device: Simulator;
}

/** What says where a firewall is; everything else of the intent is the same for all of them. */
export function pointOf({ point, device }: Firewall): ObjectChange {
  const object = enforcementPointSchema.parse({
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name: point, uid: point, generation: 1 },
    spec: {
      adapter: device.kind,
      mode: 'Enforce',
      clusterNetworks: ['10.20.0.0/16', '2001:db8:20::/48'],
      secretRef: { name: point },
      config: device.config ?? { url: device.url },
    },
  });
  return { kind: 'EnforcementPoint', key: point, object };
}

/** As its Secret would hold them. */
export function secretOf({ device }: Firewall): Readonly<Record<string, string>> {
  return { ...device.credentials, 'ca.crt': device.ca };
}
