import type { Carried } from '../../../kit/common/groups/capacity.ts';
import { withoutInexpressible } from '../../../kit/common/groups/inexpressible.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { AddressGroup, DesiredState, GroupSubject } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { associationName } from '../objects/names.ts';
import { associationResource, type Filter } from '../objects/resources.ts';
import type { Context } from './groups.ts';

/*
 * Container associations: AWS follows the pods of an EKS cluster by namespace and labels. A group becomes one for each of its
 * namespaces, so that nothing depends on how AWS joins what stands in one; what they cannot say exactly is left out.
 */

const longestFilter = 256;

/** The associations of a group; empty where it has no namespace, or cannot be said. */
export function associationsOf(
  { id, role, subject }: AddressGroup,
  context: Context,
): readonly { readonly name: string; readonly filters: readonly Filter[] }[] {
  const { containers } = context.config;
  if (subject === undefined || containers === undefined || inexact(subject, context) !== undefined) return [];
  const labels = labelsOf(subject) ?? [];
  return subject.namespaces.map((namespace) => ({
    name: associationName(context, role, id, namespace),
    filters: [{ key: containers.namespaceKey, value: namespace }, ...labels],
  }));
}

export function associationResources(group: AddressGroup, context: Context): readonly Resource[] {
  const mark = ownerMark(context.owner, subjects.group(group.role, group.id));
  const cluster = context.config.containers?.cluster ?? '';
  return associationsOf(group, context).map(({ name, filters }) => associationResource(name, mark, cluster, filters));
}

/** The labels that a pod must have; undefined: it is not about labels that pods have. */
function labelsOf({ podSelector }: GroupSubject): readonly Filter[] | undefined {
  const { matchLabels = {}, matchExpressions = [] } = podSelector;
  const only = matchExpressions.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' && values.length === 1 ? [{ key, value: values[0] ?? '' }] : [],
  );
  if (only.length < matchExpressions.length) return undefined;
  const said = Object.entries(matchLabels).map(([key, value]) => ({ key, value }));
  return [...said, ...only].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Why filters cannot say exactly whom it is for; undefined: they can. */
function inexact(subject: GroupSubject, { config: { containers } }: Context): string | undefined {
  if (subject.serviceAccounts !== undefined) return 'AWS knows no ServiceAccounts';
  const labels = labelsOf(subject);
  if (labels === undefined)
    return 'AWS compares a label with one value, and knows no matchExpressions but In with one value';
  if (labels.some(({ value }) => value === '')) return 'a filter has no empty value';
  if (labels.some(({ key }) => key === containers?.namespaceKey)) return 'a label is called as AWS calls the namespace';
  if (labels.some(({ key }) => key.length > longestFilter)) return `a filter has ${longestFilter} characters at most`;
  if (labels.length > 0 && containers?.filtersCombine !== true)
    return 'it needs several filters, and config.containers.filtersCombine does not say that a pod must match all';
  return undefined;
}

/** Without groups that filters cannot say. */
export function withinFilters(desired: Pick<DesiredState, 'groups' | 'rules'>, context: Context): Carried {
  return withoutInexpressible(desired, {
    inexact: ({ subject }) => (subject === undefined ? 'its group is not of pods' : inexact(subject, context)),
    code: 'not-for-associations',
    means: 'Container associations',
  });
}
