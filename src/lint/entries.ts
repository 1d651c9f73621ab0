import type { ClusterEgressPolicy, EgressPolicy, ExternalService } from '../api/kinds.ts';
import type { DestinationRef } from '../api/fields/destination.ts';
import type { Governance } from '../api/meta.ts';
import { compareText } from '../api/problem.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { firstFew, objectName } from '../core/text/wording.ts';

/** Anything with governance fields. */
export interface Governed {
  readonly subject: string;
  readonly governance: Governance | undefined;
}

/** A destination that a policy or an ExternalService allows or denies. */
export interface Opening {
  readonly subject: string;
  /** Field of the destination, `spec.to[0]` or `spec`. */
  readonly field: string;
  readonly to: DestinationRef;
  readonly action: 'Accept' | 'Deny' | 'Pass';
}

export function policiesOf({ egressPolicies, clusterEgressPolicies }: Snapshot): readonly Policy[] {
  return [...egressPolicies, ...clusterEgressPolicies];
}
export type Policy = EgressPolicy | ClusterEgressPolicy;

/** `EgressPolicy/shop/checkout`, `ExternalService/github` */
export function nameOf({ kind, metadata }: Policy | ExternalService): string {
  return objectName({ kind, ...metadata });
}

export function governed(snapshot: Snapshot): readonly Governed[] {
  return [...policiesOf(snapshot), ...snapshot.externalServices].map((object) => ({
    subject: nameOf(object),
    governance: object.spec.governance,
  }));
}

/**
 * Every destination that is written out. A reference to an ExternalService is left out, as the service itself is
 * listed.
 */
export function openings(snapshot: Snapshot): readonly Opening[] {
  const services = snapshot.externalServices.map((service) => {
    const { domainNames, networks, ports } = service.spec;
    return { subject: nameOf(service), field: 'spec', to: { domainNames, networks, ports }, action: 'Accept' } as const;
  });
  return [...services, ...references(snapshot).filter(({ to }) => to.externalService === undefined)];
}

/** Every `to` entry of every policy. */
export function references(snapshot: Snapshot): readonly Opening[] {
  return policiesOf(snapshot).flatMap((policy) => {
    const subject = nameOf(policy);
    if (policy.kind === 'EgressPolicy') {
      const { action, to } = policy.spec;
      return to.map((entry, index) => ({ subject, field: `spec.to[${index}]`, to: entry, action }));
    }
    return policy.spec.egress.flatMap(({ action, to }, at) =>
      to.map((entry, index) => ({ subject, field: `spec.egress[${at}].to[${index}]`, to: entry, action })),
    );
  });
}

const shown = 3;

/** `a, b, c and 2 more`, sorted. */
export function some(names: Iterable<string>): string {
  return firstFew([...names].sort(compareText), shown);
}
