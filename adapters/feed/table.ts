import { inPlace } from '../../kit/common/rules/reading.ts';
import { everywhere } from '../../src/net/cidr.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable } from '../../src/core/model/table.ts';
import { ruleOf } from './document/document.ts';

/** What consumers do whose rules are those of the list of rules: in its order, and a list without members matches no source. */
export function table(resources: readonly Resource[]): DeviceTable {
  const members = new Map(resources.map(({ kind, name, members: own = [] }) => [`${kind} ${name}`, own]));
  const rules = inPlace(resources, 'rule').flatMap((resource) => {
    const { name, action, enabled, sources, destination, ports } = ruleOf(resource);
    if (!enabled) return [];
    // An accepting rule with a missing list counts as open to all sources; a denying one as denying none.
    const unknown = action === 'Accept' ? everywhere : [];
    return [
      {
        name,
        action,
        sources: sources.flatMap((source) => members.get(`list ${source}`) ?? unknown),
        destination,
        ports: ports.map(({ endPort, ...port }) => ({ ...port, ...(endPort !== undefined && { endPort }) })),
        ...(resource.desiredId !== undefined && { desiredId: resource.desiredId }),
      },
    ];
  });
  return { rules, fallback: 'Deny' };
}
