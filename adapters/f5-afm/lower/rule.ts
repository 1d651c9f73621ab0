import { provenance } from '../../../kit/common/ownership/marks.ts';
import type { LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Inspection } from '../config.ts';
import { contentName, description, pathOf, ruleListName, ruleName, sourceName, tables } from '../objects/names.ts';
import { ruleResource, ruleSpec } from '../objects/rule.ts';
import type { Context } from './context.ts';
import { lowerDestination } from './destination.ts';
import { portRanges } from '../../../kit/common/rules/ports.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { portListSpec, scheduleSpec } from '../objects/specs.ts';
import { ruleEnd } from '../../../kit/common/rules/expiry.ts';

/** One native rule for each protocol. */
export function lowerRule(rule: Rule, profile: Inspection | 'none', context: Context): LoweredRule {
  const { owner, config } = context;
  const { to, losses } = lowerDestination(rule, context);
  if (to === 'nowhere') return { natives: [], objects: [], losses };
  const expiry = lowerExpiry(rule, context);
  const services = lowerPorts(rule, context);
  const spec = {
    description: description(owner, rule.id, provenance(rule.origin)),
    action: actionOf(rule, context),
    ...inspection(rule, profile),
    ...expiry.attributes,
    source: { addressLists: rule.sources.map((id) => pathOf(config, sourceName(owner, id))) },
  };
  const addressLists = to === 'any' ? [] : [pathOf(config, to.name)];
  const natives = services.map(({ protocol, list }) => {
    const portLists = list === undefined ? [] : [pathOf(config, list.name)];
    const native = ruleSpec({ ...spec, ipProtocol: protocol, destination: { addressLists, portLists } });
    return (position: number) => ruleResource(ruleName(owner, rule, protocol), native, position, ruleListName(owner));
  });
  const objects = [to === 'any' ? [] : to, expiry.object ?? [], services.map(({ list }) => list ?? [])];
  return { natives, objects: objects.flat(2), losses };
}

/**
 * AFM asks one context after the other, and `accept` only hands on to the next: what one of ours accepts is accepted
 * where nothing is asked after us, in a virtual server, and decisively everywhere else.
 */
function actionOf({ action }: Rule, { config }: Context): string {
  if (action === 'Deny') return config.denyWith;
  const isLast = config.policy === undefined && config.context !== 'global' && 'virtualServers' in config.context;
  return isLast ? 'accept' : 'accept-decisively';
}

function inspection({ log }: Rule, profile: Inspection | 'none'): JsonObject {
  if (profile === 'none') return { log: log ? 'yes' : 'no' };
  const { log: logs, ...named } = profile;
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(given) as JsonObject), log: log || logs ? 'yes' : 'no' };
}

/** A native rule is for one protocol. */
interface Service {
  readonly protocol: 'any' | 'tcp' | 'udp';
  /** Absent: every port. */
  readonly list?: Resource;
}

/** One port list per set of ports, shared by all rules that have it. */
function lowerPorts(rule: Rule, context: Context): readonly Service[] {
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

interface LoweredExpiry {
  readonly attributes: JsonObject;
  readonly object?: Resource;
}

/** The end of a rule, which the device enforces without Postern: a schedule in the device's local time. */
function lowerExpiry(rule: Rule, { owner, config }: Context): LoweredExpiry {
  const end = ruleEnd(rule);
  if (end === undefined) return { attributes: { status: 'enabled' } };
  const dateValidEnd = `${end.latestLocal.replace('T', ':')}:00`;
  const name = contentName(owner, `until-${dateValidEnd}`, `schedule ${dateValidEnd}`);
  const spec = scheduleSpec({ description: description(owner, 'schedule'), dateValidEnd });
  return {
    attributes: { status: 'scheduled', schedule: pathOf(config, name) },
    object: plainResource(tables.schedule, name, spec),
  };
}
