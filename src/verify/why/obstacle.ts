import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import type { FlowSet } from '../flows/flow-set.ts';
import { readIntent, type Answer } from '../intent/intent.ts';
import type { Remaining } from '../values/time.ts';

/** Why the intent says no, and what would make it say yes. */
export interface Obstacle {
  /** Continues `no policy permits it: `. */
  readonly reason: string;
  readonly advice: string;
}

/**
 * What stands in the way of a flow that no policy permits: the cluster is changed in thought, one thing at a time, until
 * the answer is another one.
 */
export function obstacleOf(snapshot: Snapshot, remaining: Remaining, pod: Pod, flows: FlowSet): Obstacle | undefined {
  const own = {
    ...snapshot,
    egressPolicies: snapshot.egressPolicies.filter((one) => one.metadata.namespace === pod.namespace),
  };
  const ask = (changed: Snapshot, time: Remaining = remaining): Answer => readIntent(changed, time)(pod).judge(flows);
  const later = ask(own, () => Infinity);
  if (later.verdict === 'Accept') {
    const reason = `${named(later)} permitted it, and it or the service that it names has expired`;
    return { reason, advice: 'renew governance.expiresAt, if it is still needed' };
  }
  const { egressDelegations: _, ...free } = own;
  const asked = ask(free);
  if (asked.verdict === 'Accept') {
    const reason = `${named(asked)} names it, and goes beyond what is delegated to namespace ${pod.namespace}`;
    return { reason, advice: '`postern approvals` says whether it waits for an approval or is refused' };
  }
  const delegated = ask(withoutDelegation(own));
  if (delegated.verdict === 'Accept') {
    const reason = `${named(delegated)} names an ExternalService that namespace ${pod.namespace} is not allowed to use`;
    return { reason, advice: 'ask the owner of the service to let its allowedNamespaces select the namespace' };
  }
  const selected = ask(forEverybody(own));
  if (selected.verdict === 'Accept') {
    const reason = `${named(selected)} permits it to other pods, and does not select this one`;
    return { reason, advice: 'compare the labels and the ServiceAccount of the pod with spec.subject of the policy' };
  }
  if (ask(own).policy !== null) return undefined;
  const policies = own.egressPolicies.length;
  const reason =
    policies === 0
      ? `namespace ${pod.namespace} has no EgressPolicy`
      : 'no policy that selects this pod names this destination and port';
  return { reason, advice: 'write an EgressPolicy that names it, or add it to one that selects the pod' };
}

function named({ policy, field }: Answer): string {
  return `${policy ?? ''} ${field}`;
}

function withoutDelegation(snapshot: Snapshot): Snapshot {
  const externalServices = snapshot.externalServices.map((service) => {
    const { allowedNamespaces: _, ...spec } = service.spec;
    return { ...service, spec };
  });
  return { ...snapshot, externalServices };
}

function forEverybody(snapshot: Snapshot): Snapshot {
  const egressPolicies = snapshot.egressPolicies.map((policy) =>
    policy.spec.action === 'Accept' ? { ...policy, spec: { ...policy.spec, subject: {} } } : policy,
  );
  return { ...snapshot, egressPolicies };
}
