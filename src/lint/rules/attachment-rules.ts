import { covers } from '../../verify/layers.ts';
import { attachedIn, ofAttachments } from '../../verify/values/attachments.ts';
import { isLive } from '../../verify/values/pods.ts';
import { namespaceLabelsIn } from '../../verify/values/selector.ts';
import { some } from '../entries.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/** Addresses on networks beside the pod network, which annotations of pods say. */
export const attachmentRules: readonly LintRule[] = [
  { id: 'doubtful-network-address', severity: 'warning', check: doubtful },
  { id: 'no-network-address', severity: 'info', check: notAttached },
];

/** What an annotation claims and does not get, pod by pod. */
function doubtful(input: LintInput): readonly Finding[] {
  return pointsWithPods(input).flatMap(({ pods }) =>
    pods.flatMap(({ name, attached: { doubt } }) =>
      doubt === undefined
        ? []
        : [{ subject: `Pod/${name}`, field: 'metadata.annotations', message: `${doubt}; ${ofAttachments}` }],
    ),
  );
}

/** Rules for pods that are not on the network match nothing there. */
function notAttached(input: LintInput): readonly Finding[] {
  return pointsWithPods(input).flatMap(({ point, network, pods }): Finding[] => {
    const without = pods.filter(({ attached: { doubt, isThere } }) => doubt === undefined && !isThere);
    if (without.length === 0) return [];
    const who = some(new Set(without.map(({ workload }) => workload)));
    const message = `${who} are not on network ${network} according to their annotations, so rules for them match nothing here; attach them, or leave their namespaces to another point by namespaceSelector`;
    return [{ subject: `EnforcementPoint/${point}`, field: 'spec.vantage.network', message }];
  });
}

interface Attaching {
  readonly name: string;
  readonly workload: string;
  readonly attached: ReturnType<ReturnType<typeof attachedIn>>;
}

function pointsWithPods({
  snapshot,
}: LintInput): readonly { readonly point: string; readonly network: string; readonly pods: readonly Attaching[] }[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const attachedOn = attachedIn(snapshot);
  return snapshot.enforcementPoints.flatMap((point) => {
    const { network } = point.spec.vantage;
    if (network === undefined) return [];
    const covered = snapshot.pods.filter(
      (pod) => isLive(pod) && !pod.hostNetwork && covers(point, labelsOf(pod.namespace)),
    );
    const pods = covered.map((pod): Attaching => ({
      name: `${pod.namespace}/${pod.name}`,
      workload: `${pod.namespace}/${pod.workload}`,
      attached: attachedOn(pod, network),
    }));
    return [{ point: point.metadata.name, network: network.name, pods }];
  });
}
