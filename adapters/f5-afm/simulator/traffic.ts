/** Where a policy is bound. */
export interface Context {
  readonly type: 'global' | 'route-domain' | 'virtual';
  /** Full path of the route domain or virtual server; empty for the global context. */
  readonly name: string;
}

/** One rule in one context: a policy that is bound twice counts twice. */
export interface Counter {
  readonly context: Context;
  readonly policy: string;
  /** Empty for a rule of the policy itself. */
  readonly ruleList: string;
  readonly rule: string;
  readonly hits: number;
}

/** Counters go with a reboot. They are no configuration: a dump does not show them. */
export class Traffic {
  readonly #counters = new Map<string, Counter>();

  counters(): readonly Counter[] {
    return [...this.#counters.values()];
  }

  count(hit: Omit<Counter, 'hits'>): void {
    const key = JSON.stringify([hit.context, hit.policy, hit.ruleList, hit.rule]);
    this.#counters.set(key, { ...hit, hits: (this.#counters.get(key)?.hits ?? 0) + 1 });
  }

  clear(): void {
    this.#counters.clear();
  }
}
