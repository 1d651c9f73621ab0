import type { ClusterEgressPolicy, EgressPolicy, ExternalService } from '../api/kinds.ts';
import type { DestinationRef, Governance } from '../api/meta.ts';
import type { Snapshot } from '../core/model/snapshot.ts';

/** Anything with governance fields. */
export interface Governed {
  readonly subject: string;
  readonly governance: Governance | undefined;
}

/** Somewhere that a policy or the catalogue opens the way to, or closes it. */
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
  return kind === 'EgressPolicy' ? `${kind}/${metadata.namespace}/${metadata.name}` : `${kind}/${metadata.name}`;
}

export function governed(snapshot: Snapshot): readonly Governed[] {
  return [...policiesOf(snapshot), ...snapshot.externalServices].map((object) => ({
    subject: nameOf(object),
    governance: object.spec.governance,
  }));
}

/** Every destination that is written out, in the catalogue or in a policy; references are judged where they lead. */
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
