import type { Capabilities } from '../adapter/capabilities.ts';
import type { Observed } from '../adapter/adapter.ts';
import { update, type Update } from './definitions.ts';

const largestGroup = 'members_of_largest_group';

/** How much of the device is taken up by ours. What was not read completely says nothing. */
export function ofObserved(
  point: string,
  { complete, resources, foreign }: Observed,
  limits: Capabilities | undefined,
): readonly Update[] {
  if (!complete) return [];
  const used = new Map<string, number>(Object.keys(limits?.maxObjects ?? {}).map((table) => [table, 0]));
  let members = 0;
  for (const resource of resources) {
    used.set(resource.kind, (used.get(resource.kind) ?? 0) + 1);
    members = Math.max(members, resource.members?.length ?? 0);
  }
  return [
    ...[...used, [largestGroup, members] as const].map(([resource, count]) =>
      update('postern_capacity_used', count, { point, resource }),
    ),
    update('postern_foreign_objects', foreign.length, { point }),
  ];
}

/** What the device holds, where that is known. */
export function ofCapabilities(point: string, { maxObjects, maxMembersPerGroup }: Capabilities): readonly Update[] {
  const limits = Object.entries({ ...maxObjects, [largestGroup]: maxMembersPerGroup });
  return limits
    .filter(([, limit]) => limit < Number.MAX_SAFE_INTEGER)
    .map(([resource, limit]) => update('postern_capacity_limit', limit, { point, resource }));
}
