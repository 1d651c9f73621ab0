import { portRanges } from '../../../kit/common/rules/ports.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { contentName, description, tables } from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { portListSpec } from '../objects/specs.ts';
import type { Context } from './context.ts';

/** A native rule is for one protocol. */
export interface Service {
  readonly protocol: 'any' | 'tcp' | 'udp';
  /** Absent: every port. */
  readonly list?: Resource;
}

/** One port list per set of ports, shared by all rules that have it. */
export function lowerPorts(rule: Rule, context: Context): readonly Service[] {
  if (rule.ports.length === 0) return [{ protocol: 'any' }];
  return (['TCP', 'UDP'] as const).flatMap((protocol): Service[] => {
    const ranges = portRanges(rule, protocol);
    if (ranges.length === 0) return [];
    return [{ protocol: protocol === 'TCP' ? 'tcp' : 'udp', list: portList(ranges, context) }];
  });
}

function portList(ranges: readonly string[], { owner }: Context): Resource {
  const name = contentName(owner, `ports-${ranges.join('-')}`, `ports ${ranges.join(' ')}`);
  const spec = { description: description(owner, 'ports'), ports: ranges.map((range) => ({ name: range })) };
  return plainResource(tables.portList, name, portListSpec(spec));
}
