import { provenance } from '../../../kit/common/ownership/marks.ts';
import type { LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Inspection } from '../config.ts';
import { policyComment, policyName, sourceName } from '../objects/names.ts';
import { policyDefaults, policyResource, policySpec } from '../objects/policy.ts';
import { carrierOf, sourceTables, type Context } from './context.ts';
import { lowerDestination } from './destination.ts';
import { lowerExpiry } from './expiry.ts';
import { lowerService } from './service.ts';

/** One policy, for both families. */
export function lowerRule(rule: Rule, profile: Inspection | 'none', context: Context): LoweredRule {
  const { owner, capabilities, config } = context;
  const { v4, v6, objects, losses } = lowerDestination(rule, context);
  const service = lowerService(rule, context);
  const expiry = lowerExpiry(rule, context);
  const sources = rule.sources.map((id) => sourceName(owner, id)).sort();
  const spec = policySpec({
    ...policyDefaults,
    ...conduct(rule, context),
    ...(profile !== 'none' && inspection(profile)),
    comments: policyComment(owner, rule, provenance(rule.origin)),
    srcaddr: v4.length > 0 ? sources : [],
    dstaddr: v4,
    srcaddr6: v6.length > 0 ? sources : [],
    dstaddr6: v6,
    service: [service.name],
    ...expiry.attributes,
  });
  const from = sourceTables(carrierOf(capabilities, config));
  return {
    natives: [(position) => policyResource(policyName(owner, rule), spec, position, from)],
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

function inspection(profile: Inspection): JsonObject {
  const named = Object.entries(profile).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(named) as JsonObject), 'utm-status': 'enable' };
}
