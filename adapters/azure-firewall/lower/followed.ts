import type { Carried } from '../../../kit/common/groups/capacity.ts';
import { withoutInexpressible } from '../../../kit/common/groups/inexpressible.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { AddressGroup, DesiredState, GroupSubject } from '../../../src/core/model/desired.ts';
import { canonical } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { followedName } from '../objects/names.ts';
import { followedResource, selectorsOf } from '../objects/selectors.ts';
import type { Context } from './context.ts';

/*
 * Kube selector groups: Azure follows the pods of the cluster that the firewall knows, by labels of theirs and of their
 * namespaces. Namespaces are said by their names, so that those are meant that the point covers, and no other.
 */

/** What a group becomes: one, or nothing where it is for no namespace. */
export function followedResources({ id, role, subject }: AddressGroup, context: Context): readonly Resource[] {
  if (subject === undefined || subject.namespaces.length === 0) return [];
  const { namespaces, podSelector } = subject;
  const selectors = selectorsOf({ namespaces, podSelector });
  const name = followedName(context, role, id, canonical(selectors));
  return [followedResource(name, selectors, ownerMark(context.owner, subjects.group(role, id)))];
}

/** Without groups that selectors cannot say. */
export function withinSelectors(desired: Pick<DesiredState, 'groups' | 'rules'>, context: Context): Carried {
  return withoutInexpressible(desired, {
    inexact: ({ subject }) => (subject === undefined ? 'its group is not of pods' : inexact(subject, context)),
    code: 'not-for-selectors',
    means: 'Kube selector groups',
  });
}

function inexact({ podSelector, serviceAccounts }: GroupSubject, { config }: Context): string | undefined {
  if (serviceAccounts !== undefined) return 'Azure knows no ServiceAccounts';
  const { matchLabels = {}, matchExpressions = [] } = podSelector;
  const conditions = Object.keys(matchLabels).length + matchExpressions.length;
  if (conditions > 0 && !config.selectorsCombine)
    return 'it needs labels beside namespaces, and config.selectorsCombine does not say that a pod must match all';
  return undefined;
}
