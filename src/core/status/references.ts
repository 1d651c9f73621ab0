import type { ClusterEgressPolicy, EgressPolicy } from '../../api/kinds.ts';

/** Which policies refer to which ExternalService. */
export class References {
  readonly #services = new Map<string, ReadonlySet<string>>();
  readonly #policies = new Map<string, number>();

  /**
   * What a policy refers to from now on.
   *
   * @param policy undefined: it is gone
   * @returns the services whose number of policies may have changed
   */
  set(subject: string, policy: EgressPolicy | ClusterEgressPolicy | undefined): readonly string[] {
    const before = this.#services.get(subject) ?? new Set();
    const after = policy === undefined ? new Set<string>() : servicesOf(policy);
    if (after.size > 0) this.#services.set(subject, after);
    else this.#services.delete(subject);
    const gone = [...before].filter((service) => !after.has(service));
    const come = [...after].filter((service) => !before.has(service));
    for (const service of gone) this.#add(service, -1);
    for (const service of come) this.#add(service, 1);
    return [...gone, ...come];
  }

  /** How many policies refer to a service. */
  count(service: string): number {
    return this.#policies.get(service) ?? 0;
  }

  #add(service: string, change: 1 | -1): void {
    const count = this.count(service) + change;
    if (count > 0) this.#policies.set(service, count);
    else this.#policies.delete(service);
  }
}

function servicesOf({ spec }: EgressPolicy | ClusterEgressPolicy): ReadonlySet<string> {
  const entries = 'egress' in spec ? spec.egress.flatMap(({ to }) => to) : spec.to;
  return new Set(entries.flatMap(({ externalService }) => externalService ?? []));
}
