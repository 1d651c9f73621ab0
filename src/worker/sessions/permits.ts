import type { Pace } from '../../adapter/http/pace.ts';
import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import type { WorkLease } from '../../queue/work-queue.ts';

type Lease = Pick<WorkLease, 'stillHeld'>;

/**
 * Which lease each point is worked on under. A call to a device may take several native requests, and a worker that stood still
 * between two of them has lost its lease before it hears of that: each request asks the clock first.
 */
export class Permits {
  readonly #leases = new Map<string, Lease>();

  /** What `work` asks of the device of this point, it asks under this lease. */
  async under<T>(point: string, lease: Lease, work: () => Promise<T>): Promise<T> {
    this.#leases.set(point, lease);
    try {
      return await work();
    } finally {
      if (this.#leases.get(point) === lease) this.#leases.delete(point);
    }
  }

  /** @throws what the lease was lost with; without a lease nothing is refused: nobody works on the point */
  check(point: string): void {
    this.#leases.get(point)?.stillHeld();
  }

  /** The pace, and nothing is let through once the lease is over. */
  pace(point: string, pace: Pace | undefined): Pace {
    return {
      admit: async (signal) => {
        await pace?.admit(signal);
        this.check(point);
      },
      pause: async (ms) => pace?.pause(ms),
    };
  }

  /** The same for what is written to the cluster. */
  objects(point: string, objects: KubernetesObjects): KubernetesObjects {
    const write = async <T>(request: () => Promise<T>): Promise<T> => {
      this.check(point);
      return request();
    };
    return {
      version: (kind) => objects.version(kind),
      served: () => objects.served(),
      list: (kind, filter) => objects.list(kind, filter),
      get: (kind, name) => objects.get(kind, name),
      token: (account, audience) => objects.token(account, audience),
      missing: (kind, verbs) => objects.missing(kind, verbs),
      apply: (kind, object, options) => write(() => objects.apply(kind, object, options)),
      replace: (kind, object, signal) => write(() => objects.replace(kind, object, signal)),
      remove: (kind, name, signal) => write(() => objects.remove(kind, name, signal)),
    };
  }
}
