import type { Pod } from '../core/model/snapshot.ts';
import type { DeviceTable, FollowedPods } from '../core/model/table.ts';
import { hasEnded } from '../verify/values/pods.ts';
import { selects } from '../verify/values/selector.ts';

/** A table in which rules about pods that the device follows itself are about the addresses that these have now. */
export function withAddresses({ rules, fallback }: DeviceTable, pods: readonly Pod[]): DeviceTable {
  const addressesOf = ({ namespaces, podSelector }: FollowedPods): readonly string[] =>
    pods
      .filter((pod) => namespaces.includes(pod.namespace) && !pod.hostNetwork && !hasEnded(pod))
      .filter((pod) => selects(podSelector, pod.labels))
      .flatMap(({ addresses }) => addresses);
  return {
    rules: rules.map((rule) => {
      if (rule.pods === undefined) return rule;
      return { ...rule, sources: [...new Set([...rule.sources, ...rule.pods.flatMap(addressesOf)])].sort() };
    }),
    fallback,
  };
}
