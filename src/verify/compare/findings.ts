import type { Probe } from '../flows/probes.ts';

/** One flow on which layers do not agree. */
export interface Flow {
  readonly namespace: string;
  /** `Deployment/checkout`; `address 10.0.0.9` for one that is no workload's. */
  readonly workload: string;
  /** A name or an address: one of those for which it stands. */
  readonly destination: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** The device's name of the rule that decides there, `default` where none does, or `Kind/namespace/name` of a mesh object. */
  readonly rule: string;
  /** The enforcement point whose rule it is, `mesh` for objects of nobody's point. */
  readonly point: string;
  /** `namespace/name` of one of its pods; empty for an address that is no pod's. */
  readonly pod: string;
  readonly reason: string;
  /** Pods times destinations and ports that differ in the same way. */
  readonly count: number;
}

/**
 *   meshOnly       the mesh, or where it says nothing the intent, lets it out, and a perimeter stops it
 *   perimeterOnly  every perimeter lets it out, though it should not leave that way: a bypass is possible
 *   wider          the point permits what the intent does not; something else stops it
 *   narrower       the point stops what the intent permits, as all others do that could be asked
 *   known          the point says itself that it cannot tell these apart or cannot express them, and another layer does
 */
export type Side = 'meshOnly' | 'perimeterOnly' | 'wider' | 'narrower' | 'known';

export type Told = Pick<Flow, 'point' | 'rule' | 'reason'> & {
  readonly side: Side;
  readonly probe: Omit<Probe, 'index'>;
};

/** Gathers findings: one flow stands for all of one workload that differ in the same way and from the same rule. */
export class Findings {
  readonly #found = new Map<string, { side: Side; flow: Flow }>();

  add(
    who: Pick<Flow, 'namespace' | 'workload' | 'pod'>,
    pods: number,
    { side, point, rule, reason, probe }: Told,
  ): void {
    // What a point says of itself is told once.
    const key =
      side === 'known'
        ? `${side} ${point} ${reason}`
        : [side, point, rule, who.namespace, who.workload, reason].join(' ');
    const found = this.#found.get(key);
    if (found) {
      found.flow = { ...found.flow, count: found.flow.count + pods };
      return;
    }
    const { host, address = '', port, protocol } = probe;
    const flow = { ...who, destination: host ?? address, port, protocol, rule, point, reason, count: pods };
    this.#found.set(key, { side, flow });
  }

  on(side: Side): readonly Flow[] {
    return [...this.#found.values()].filter((finding) => finding.side === side).map(({ flow }) => flow);
  }
}
