import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../adapter/adapter.ts';
import { LeaderElection, type Term } from '../kube/leader/leader-election.ts';
import { LeaseStore } from '../kube/leader/lease.ts';
import type { ApiClient } from '../kube/client/transport.ts';

/** The Lease of the controllers, in Postern's own namespace. */
export const leaseName = 'postern-controller';

/** A time of being the leader, and whether it still is one: to be asked right before each write. */
export interface Leadership extends Term {
  readonly leads: () => boolean;
}

export interface LeadershipDeps {
  readonly api: ApiClient;
  /** Where the Lease `postern-controller` is. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: (message: string) => void;
  /** Resolves when everything that was begun in the term has ended. */
  readonly lead: (term: Leadership) => Promise<void>;
}

/** Leads whenever it is elected, until the signal aborts; the lease is given back only when the last term is over. */
export async function leadWhenElected(deps: LeadershipDeps, signal: AbortSignal): Promise<void> {
  const { api, namespace, clock, random, report, lead } = deps;
  let term: Promise<void> = Promise.resolve();
  const election = new LeaderElection({
    store: new LeaseStore(api, namespace, leaseName),
    identity: `${hostname()}-${randomUUID()}`,
    clock,
    random,
    report,
    onStartedLeading: (begun) => {
      term = lead({ ...begun, leads: () => election.leading }).catch((error: unknown) => {
        report(error instanceof Error ? error.message : 'the term ended in an error');
        // A leader that does nothing keeps every other controller from leading.
        election.resign('the term ended in an error');
      });
    },
    onStoppedLeading: () => term,
  });
  await election.run(signal);
}
