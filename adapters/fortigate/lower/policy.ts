import type { Origin, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import type { Inspection } from '../config.ts';
import { comment, policyName, sourceName } from '../names.ts';
import { policyDefaults, policyResource, policySpec } from '../native.ts';
import { carrierOf, sourceTables, type Context } from './carrier.ts';
import { lowerDestination } from './destination.ts';
import { lowerExpiry } from './expiry.ts';
import { lowerService } from './service.ts';

export interface LoweredRule {
  /** The policy at this place of our block; absent when the rule is rejected. */
  readonly policy?: (position: number) => Resource;
  /** Addresses, services and schedules that it names. */
  readonly objects: readonly Resource[];
  readonly losses: readonly Loss[];
}

const commentsSize = 1023;

export function lowerRule(rule: Rule, context: Context): LoweredRule {
  const inspection = inspectionOf(rule, context);
  if (inspection === undefined) return { objects: [], losses: [unknownProfile(rule)] };
  // Without a source a policy would be for everyone; the plan's guard speaks up about it.
  if (rule.sources.length === 0) return { objects: [], losses: [] };
  const { v4, v6, objects, losses } = lowerDestination(rule, context);
  const service = lowerService(rule, context);
  const expiry = lowerExpiry(rule, context);
  const sources = rule.sources.map((id) => sourceName(context.owner, id)).sort();
  const spec = policySpec({
    ...policyDefaults,
    ...conduct(rule, context),
    ...inspection,
    comments: comment(context.owner, rule.id, provenance(rule.origin), commentsSize),
    srcaddr: v4.length > 0 ? sources : [],
    dstaddr: v4,
    srcaddr6: v6.length > 0 ? sources : [],
    dstaddr6: v6,
    service: [service.name],
    ...expiry.attributes,
  });
  const from = sourceTables(carrierOf(context.capabilities, context.config));
  return {
    policy: (position) => policyResource(policyName(context.owner, rule), spec, position, from),
    objects: [...objects, ...[service, expiry].flatMap(({ object }) => object ?? [])],
    losses,
  };
}

/** What is the same for all policies of this enforcement point, or follows from the action. */
function conduct({ action, log }: Rule, { config }: Context): JsonObject {
  const accepts = action === 'Accept';
  return {
    action: accepts ? 'accept' : 'deny',
    srcintf: config.srcInterfaces,
    dstintf: config.dstInterfaces,
    logtraffic: log ? 'all' : accepts ? config.logTraffic : 'disable',
    nat: accepts && config.nat ? 'enable' : 'disable',
  };
}

/** The device's profiles for the rule's; undefined when there is no such profile here. Nothing inspects what is denied. */
function inspectionOf({ action, profile }: Rule, { config }: Context): JsonObject | undefined {
  if (action === 'Deny' || profile === undefined) return {};
  const inspection: Inspection | undefined = Object.hasOwn(config.profiles, profile)
    ? config.profiles[profile]
    : undefined;
  if (inspection === undefined) return undefined;
  const named = Object.entries(inspection).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(named) as JsonObject), 'utm-status': 'enable' };
}

function unknownProfile({ id, profile = '' }: Rule): Loss {
  const message = `There is no profile ${profile} in this point's config.profiles, so the rule is left out; nothing passes uninspected. Add the profile there, or take it out of the policy.`;
  return { effect: 'rejected', id, code: 'profile-unknown', message };
}

/** Where a policy comes from, without what changes more often than the policy: its generation. */
function provenance({ kind, namespace, name, field, via, externalService }: Origin): string {
  const object = [kind, namespace, name].filter((part) => part !== '').join('/');
  const service = externalService === undefined ? '' : ` to ExternalService/${externalService}`;
  return `${object} ${field}${service}${via === undefined ? '' : ` passed by ${via}`}`;
}
