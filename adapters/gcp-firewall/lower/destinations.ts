import { chunks } from '../../../src/core/model/chunks.ts';
import { isOf, partsOf, type Family } from '../../../kit/common/groups/parts.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { Destination, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { everywhere } from '../../../src/net/cidr.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { GcpConfig } from '../config.ts';
import { groupName, kinds } from '../objects/names.ts';

export type Context = LowerContext<GcpConfig>;

/** Of one rule, by the model of the API; and of one address group, by "Address groups", which gives its capacity as 1,000. */
const most = { networks: 5_000, names: 100, groups: 10, members: 1_000 } as const;

/** Where native rules lead, one each, and the address groups that these name. */
export interface Lowered {
  readonly forms: readonly JsonObject[];
  readonly groups: readonly Resource[];
}

/**
 * What of a destination packets of one family can meet. A destination is the union of what a rule names.
 *
 * @returns no forms where that is nothing
 */
export function destinationForms(
  rule: Pick<Rule, 'action'>,
  destination: Destination,
  family: Family,
  context: Context,
): Lowered {
  if (destination.any) return { forms: [{ destIpRanges: [everywhere[family === 'IPv4' ? 0 : 1]] }], groups: [] };
  const networks = destination.networks.filter((network) => isOf(family, network));
  const named = chunks(destination.names, most.names).map((destFqdns) => ({ destFqdns }));
  const groups =
    rule.action === 'Accept' && networks.length > context.config.mostInline ? groupsFor(networks, family, context) : [];
  const addressed = groups.length > 0 ? inGroups(networks, groups, context) : inline(networks);
  const forms = Array.from({ length: Math.max(named.length, addressed.length) }, (_, at) => ({
    ...named[at],
    ...addressed[at],
  }));
  return { forms, groups };
}

function inline(networks: readonly string[]): readonly JsonObject[] {
  return chunks(networks, most.networks).map((destIpRanges) => ({ destIpRanges }));
}

/**
 * Of a rule that names a group which is gone, Google leaves that filter out, and a rule without a filter leads everywhere. So one of the
 * networks stands in the rule itself: what is left then is less, and never everything. A rule that denies names no groups at all, for
 * less is what it must not become.
 */
function inGroups(
  networks: readonly string[],
  groups: readonly Resource[],
  { config }: Pick<Context, 'config'>,
): readonly JsonObject[] {
  const base = `projects/${config.project}/locations/${config.region ?? 'global'}/addressGroups`;
  const paths = groups.map(({ name }) => `${base}/${name}`);
  return chunks(paths, most.groups).map((destAddressGroups) => ({
    destAddressGroups,
    destIpRanges: networks.slice(0, 1),
  }));
}

function groupsFor(networks: readonly string[], family: Family, context: Context): readonly Resource[] {
  const parts = partsOf(networks, { families: [family], limit: most.members });
  return parts
    .filter(({ members }) => members.length > 0)
    .map(({ members }) => {
      const items = [...members].sort();
      const spec = {
        type: family === 'IPv4' ? 'IPV4' : 'IPV6',
        // It counts against the quota of the policy in place of the items, and never changes: no more than is needed.
        capacity: items.length,
        items,
        description: ownerMark(context.owner, 'networks'),
      };
      return plainResource(kinds.group, groupName(context, items), spec);
    });
}
