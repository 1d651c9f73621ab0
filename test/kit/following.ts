import type { FollowedPod } from '../../kit/simulator/traffic/pods.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, GroupDelta, GroupSubject } from '../../src/core/model/desired.ts';
import { aGroup, aRule } from './builders.ts';
import { oneGroup } from './laws/states.ts';
import { aDenyingRule } from './universe.ts';

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
      // Pods of a group that is no longer used run on.
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

/** Laws that do not hold of a device that learns from the cluster itself who is in a group, and why. */
export const followedLaws: readonly { readonly law: string; readonly reason: string }[] = [
  {
    law: 'an address that has ended leaves what is held, and may be somebody else’s at once',
    reason: 'the cluster takes an address that has ended out of a group here, whatever is held',
  },
  {
    law: 'what one namespace takes back holds nobody else',
    reason:
      'only the device knows whom a rule is about, so that what permits more waits for every withdrawal that is held',
  },
  ...[
    'what a policy denied that can no longer be read stays denied, and whom it does not concern goes on',
    'nothing opens whichever object is refused',
    'never wider than before or after',
  ].map((law) => ({ law, reason: 'members change here as if the cluster did it, at once and before any request' })),
  ...[
    'sees and heals it when an address is put into one of our groups by hand',
    'sees and heals it when an address is taken out of one of our groups by hand',
  ].map((law) => ({ law, reason: 'nobody but the maker of the device puts addresses into a group there' })),
];

/** Rules for pods with these labels: one that accepts for each of the first, one that denies for each of the others. */
export function stateOfSubjects(
  accepted: readonly GroupSubject[],
  denied: readonly GroupSubject[],
  deniedTo: readonly string[],
): DesiredState {
  const groups = [
    ...accepted.map((subject, at) => ({ ...aGroup({ id: `a0000000000${at}`, members: [] }), subject })),
    ...denied.map((subject, at) => ({ ...aGroup({ id: `d0000000000${at}`, role: 'Deny', members: [] }), subject })),
  ];
  const rules = [
    ...denied.map((_, at) => aDenyingRule({ sources: [`d0000000000${at}`], to: deniedTo })),
    ...accepted.map((_, at) => aRule({ id: `10000000000${at}`, sources: [`a0000000000${at}`] })),
  ];
  return { ...oneGroup([]), groups, rules };
}
