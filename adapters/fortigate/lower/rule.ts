import { provenance } from '../../../kit/common/ownership/marks.ts';
import type { LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Inspection } from '../config.ts';
import { comment, contentName, policyComment, policyName, scheduleName, sourceName, tables } from '../objects/names.ts';
import { policyDefaults, policyResource, policySpec } from '../objects/policy.ts';
import { carrierOf, sourceTables, type Context } from './context.ts';
import { lowerDestination } from './destination.ts';
import { portRanges } from '../../../kit/common/rules/ports.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { serviceReader } from '../objects/specs.ts';
import { ruleEnd } from '../../../kit/common/rules/expiry.ts';

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

interface LoweredService {
  readonly name: string;
  /** Absent for the predefined service that is everything. */
  readonly object?: Resource;
}

/** One custom service per set of ports, shared by all rules that have it; FortiOS's own `ALL` for no restriction. */
function lowerService(rule: Rule, { owner, capabilities }: Context): LoweredService {
  if (rule.ports.length === 0) return { name: 'ALL' };
  const [tcp, udp] = [portRanges(rule, 'TCP').join(' '), portRanges(rule, 'UDP').join(' ')];
  const hint = [tcp && `tcp-${tcp}`, udp && `udp-${udp}`].filter(Boolean).join('-');
  const name = contentName(owner, hint, `service tcp ${tcp} udp ${udp}`);
  const row = { 'tcp-portrange': tcp, 'udp-portrange': udp, comment: comment(owner, 'service') };
  return { name, object: plainResource(tables.service, name, serviceReader(capabilities.version).read(row)) };
}

interface LoweredExpiry {
  /** What the policy says about when it is in force. */
  readonly attributes: JsonObject;
  readonly object?: Resource;
}

/** Before any rule of ours. */
const start = '00:00 2001/01/01';

/**
 * The end of a rule, which the device enforces without Postern. Where a policy knows no time in
 * UTC, a one-time schedule in the device's local time does it.
 */
function lowerExpiry(rule: Rule, { owner, capabilities }: Context): LoweredExpiry {
  const end = ruleEnd(rule);
  const how = capabilities.choices['expiry']?.value ?? 'schedule';
  if (end === undefined || how === 'none') return { attributes: { schedule: 'always' } };
  if (how === 'policy') {
    const native = { 'policy-expiry': 'enable', 'policy-expiry-date-utc': `${end.seconds}` };
    return { attributes: { schedule: 'always', ...native } };
  }
  const name = scheduleName(owner, end.minute);
  const spec = { start, end: scheduleTime(end.latestLocal) };
  return { attributes: { schedule: name }, object: plainResource(tables.schedule, name, spec) };
}

/** `12:00 2027/01/31` of `2027-01-31T12:00`. */
function scheduleTime(text: string): string {
  const [date = '', time = ''] = text.split('T');
  return `${time} ${date.replaceAll('-', '/')}`;
}
