import { provenance } from '../../../kit/common/ownership/marks.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { portRanges } from '../../../kit/common/rules/ports.ts';
import type { LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { entrySpec, ruleResource } from '../objects/entries.ts';
import { contentName, description, kinds, ruleName } from '../objects/names.ts';
import { addressResource } from './address.ts';
import type { Context } from './context.ts';
import { lowerDestination } from './destination.ts';
import { groupName } from './groups.ts';
import { addressNetworks } from './networks.ts';

/** One security rule, for both families. */
export function lowerRule(
  rule: Rule,
  profile: string,
  networksOf: ReadonlyMap<string, readonly string[]>,
  context: Context,
): LoweredRule {
  const { owner } = context;
  const to = lowerDestination(rule, context);
  if (to.names.length === 0) return { natives: [], objects: [], losses: to.losses };
  const services = lowerServices(rule, context);
  const networks = rule.sources.flatMap((id) => networksOf.get(id) ?? []);
  const addresses = networks.flatMap(addressNetworks).map((network) => addressResource(owner, network));
  const groups = rule.sources.map((id) => groupName(owner, rule.action, id));
  const spec = entrySpec({
    ...conduct(rule, profile, context),
    source: [...new Set([...groups, ...addresses.map(({ name }) => name)])].sort(),
    destination: [...to.names],
    service: services.length === 0 ? ['any'] : services.map(({ name }) => name).sort(),
    description: description(owner, rule.id, provenance(rule.origin), 'rule'),
  });
  return {
    natives: [(position) => ruleResource(owner, ruleName(owner, rule), spec, position)],
    objects: [...addresses, ...to.objects, ...services],
    losses: to.losses,
  };
}

/** What is the same for all rules of this enforcement point, or follows from the action. */
function conduct({ action, log }: Rule, profile: string, { config }: Context): JsonObject {
  return {
    from: config.sourceZones.toSorted(),
    to: config.destinationZones.toSorted(),
    action: action === 'Accept' ? 'allow' : 'deny',
    'log-end': log || config.logSessionEnd ? 'yes' : 'no',
    ...(config.logSetting !== undefined && { 'log-setting': config.logSetting }),
    ...(profile !== 'none' && { 'profile-setting': { group: [profile] } }),
  };
}

/** A service for each protocol, shared by all rules with the same ports; none: every protocol and port. */
function lowerServices(rule: Rule, { owner }: Context): Resource[] {
  return (['TCP', 'UDP'] as const).flatMap((protocol) => {
    const port = portRanges(rule, protocol).join(',');
    if (port === '') return [];
    const word = protocol.toLowerCase();
    const spec = { protocol: { [word]: { port } }, description: description(owner, 'service') };
    return [plainResource(kinds.service, contentName(owner, `${word}-${port}`, `service ${word} ${port}`), spec)];
  });
}
