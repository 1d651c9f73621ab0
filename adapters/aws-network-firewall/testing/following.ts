import type { Adapter } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, GroupDelta } from '../../../src/core/model/desired.ts';
import type { AwsConfig } from '../config.ts';
import type { AwsSimulator } from '../simulator/simulator.ts';
import type { FollowedPod } from '../simulator/state/state.ts';

/**
 * The adapter with an EKS cluster in which each group is a namespace of its own, with a pod for each member: what a desired
 * state says of addresses, AWS learns from the cluster at the same instant.
 */
export function following(adapter: Adapter<AwsConfig>, simulatorOf: () => AwsSimulator): Adapter<AwsConfig> {
  const tell = (cluster: string, change: (members: ReadonlyMap<string, readonly string[]>) => typeof members): void =>
    simulatorOf().edit((state) => {
      const own = state.pods.filter(({ namespace }) => namespace.startsWith(`${cluster}-`));
      const members = new Map(own.map(({ namespace, addresses }) => [namespace, addresses]));
      const pods = [...change(members)].map(([namespace, addresses]): FollowedPod => ({
        namespace,
        labels: { app: 'a' },
        addresses,
      }));
      return { ...state, pods: [...state.pods.filter((pod) => !own.includes(pod)), ...pods] };
    });
  const namespaceOf = (cluster: string, { id, role }: Pick<AddressGroup, 'id' | 'role'>): string =>
    `${cluster}-${role.toLowerCase()}-${id}`;
  const withSubject = (cluster: string, group: AddressGroup): AddressGroup => ({
    ...group,
    members: [],
    subject: {
      namespaces: [namespaceOf(cluster, group)],
      namespaceSelector: {},
      podSelector: { matchLabels: { app: 'a' } },
    },
  });
  return {
    ...adapter,
    lower: (desired: DesiredState, context) => {
      const { cluster } = context.owner;
      // Pods of a group that nobody speaks of any more run on.
      tell(
        cluster,
        (members) =>
          new Map([
            ...members,
            ...desired.groups.map((group) => [namespaceOf(cluster, group), group.members] as const),
          ]),
      );
      return adapter.lower({ ...desired, groups: desired.groups.map((group) => withSubject(cluster, group)) }, context);
    },
    lowerDelta: (delta: GroupDelta, context) => {
      const { cluster } = context.owner;
      const namespace = namespaceOf(cluster, delta);
      tell(cluster, (members) => {
        const left = (members.get(namespace) ?? []).filter((member) => !delta.removed.includes(member));
        return new Map([...members, [namespace, [...left, ...delta.added]]]);
      });
      return adapter.lowerDelta?.(delta, context);
    },
  };
}
