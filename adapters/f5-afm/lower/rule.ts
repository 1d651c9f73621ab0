import type { Origin, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import type { Inspection } from '../config.ts';
import { description, pathOf, ruleListName, ruleName, sourceName } from '../names.ts';
import { ruleResource, ruleSpec } from '../native.ts';
import type { Context } from './context.ts';
import { lowerDestination } from './destination.ts';
import { lowerExpiry } from './expiry.ts';
import { lowerPorts } from './ports.ts';

export interface LoweredRule {
  /** Native rules, one for each protocol, to be put at their places; none when the rule is left out. */
  readonly natives: readonly ((position: number) => Resource)[];
  /** Lists and schedules that they name. */
  readonly objects: readonly Resource[];
  readonly losses: readonly Loss[];
}

export function lowerRule(rule: Rule, context: Context): LoweredRule {
  const { owner, config } = context;
  const inspection = inspectionOf(rule, context);
  if (inspection === undefined) return { natives: [], objects: [], losses: [unknownProfile(rule)] };
  // Without a source a rule would be for everyone; the plan's guard speaks up about it.
  if (rule.sources.length === 0) return { natives: [], objects: [], losses: [] };
  const { to, losses } = lowerDestination(rule, context);
  if (to === 'nowhere') return { natives: [], objects: [], losses };
  const expiry = lowerExpiry(rule, context);
  const services = lowerPorts(rule, context);
  const spec = {
    description: description(owner, rule.id, provenance(rule.origin)),
    action: actionOf(rule, context),
    ...inspection,
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

/** What the profile of an accepting rule is here; undefined when there is none of that name. Nothing inspects what is denied. */
function inspectionOf({ action, profile, log }: Rule, { config }: Context): JsonObject | undefined {
  if (action === 'Deny' || profile === undefined) return { log: log ? 'yes' : 'no' };
  const inspection: Inspection | undefined = Object.hasOwn(config.profiles, profile)
    ? config.profiles[profile]
    : undefined;
  if (inspection === undefined) return undefined;
  const { log: logs, ...named } = inspection;
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(given) as JsonObject), log: log || logs ? 'yes' : 'no' };
}

function unknownProfile({ id, profile = '' }: Rule): Loss {
  const message = `There is no profile ${profile} in this point's config.profiles, so the rule is left out; nothing passes uninspected. Add the profile there, or take it out of the policy.`;
  return { effect: 'rejected', id, code: 'profile-unknown', message };
}

/** Where a rule comes from, without what changes more often than the policy: its generation. */
function provenance({ kind, namespace, name, field, via, externalService }: Origin): string {
  const object = [kind, namespace, name].filter((part) => part !== '').join('/');
  const service = externalService === undefined ? '' : ` to ExternalService/${externalService}`;
  return `${object} ${field}${service}${via === undefined ? '' : ` passed by ${via}`}`;
}
