import type { Identity } from '../../values/fields.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import { entryFaults, workloadFaults } from './entries.ts';
import type { Fault } from './fault.ts';
import { policyFaults } from './policies.ts';
import { gatewayFaults, sidecarFaults } from './proxies.ts';
import { routeFaults, ruleFaults } from './routes.ts';

/** An object that istiod refuses when it is applied, though it has the shape of its kind. */
export interface Refused {
  readonly object: Identity;
  readonly faults: readonly Fault[];
}

/** What the webhook of istiod says no to: pkg/config/validation of Istio, as far as the fields are read here. */
export function refusedOf(snapshot: MeshSnapshot): readonly Refused[] {
  const of = <T extends Identity>(
    objects: readonly T[],
    faultsOf: (object: T) => readonly Fault[],
  ): readonly Refused[] =>
    objects.map((object) => ({ object, faults: faultsOf(object) })).filter(({ faults }) => faults.length > 0);
  return [
    ...of(snapshot.serviceEntries, entryFaults),
    ...of(snapshot.workloadEntries, workloadFaults),
    ...of(snapshot.virtualServices, routeFaults),
    ...of(snapshot.destinationRules, ruleFaults),
    ...of(snapshot.gateways, gatewayFaults),
    ...of(snapshot.sidecars, sidecarFaults),
    ...of(snapshot.authorizationPolicies, policyFaults),
  ];
}
