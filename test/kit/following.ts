import type { FollowedPod } from '../../kit/simulator/traffic/pods.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, GroupDelta } from '../../src/core/model/desired.ts';

type Edit = (change: (pods: readonly FollowedPod[]) => readonly FollowedPod[]) => void;

/**
 * The adapter with a cluster in which each group is a namespace of its own, with a pod for each member: what a desired state
 * says of addresses, a device that follows pods learns from the cluster at the same instant.
 *
 * @param edit changes the pods of that cluster
 */
export function following<C>(whole: Adapter<C>, edit: Edit): Adapter<C> {
  // Lowered at once: what is lowered in slices would go past the cluster.
  const adapter = { ...whole };
  delete adapter.lowering;
  const tell = (cluster: string, change: (members: ReadonlyMap<string, readonly string[]>) => typeof members): void =>
    edit((all) => {
      const own = all.filter(({ namespace }) => namespace.startsWith(`${cluster}-`));
      const members = new Map(own.map(({ namespace, addresses }) => [namespace, addresses]));
      const pods = [...change(members)].map(([namespace, addresses]) => ({
        namespace,
        labels: { app: 'a' },
        addresses,
      }));
      return [...all.filter((pod) => !own.includes(pod)), ...pods];
    });
  const namespaceOf = (cluster: string, { id, role }: Pick<AddressGroup, 'id' | 'role'>): string =>
    `${cluster}-${role.toLowerCase()}-${id}`;
  const withSubject = (cluster: string, group: AddressGroup): AddressGroup => ({
    ...group,
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
