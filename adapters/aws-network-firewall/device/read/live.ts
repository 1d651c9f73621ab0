import { isObject, namesIn, objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { pendingUntilChanged } from '../../../../kit/common/pending.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import type { Live } from '../../../../src/adapter/adapter.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Firewall, Known } from '../known.ts';
import { nameIn } from '../../objects/names.ts';
import { readFirewall, readPolicy } from './firewall.ts';
import { faultsIn } from './probe.ts';

/** Does every zone have the versions that were written last, and has it found as many addresses as the lists hold? */
export async function live(firewall: Firewall, last: Reading<Known> | undefined): Promise<Live> {
  const { answer, policyArn } = await readFirewall(firewall);
  const status = objectOf(answer['FirewallStatus']);
  if (status['ConfigurationSyncStateSummary'] === 'CAPACITY_CONSTRAINED') {
    return {
      state: 'pending',
      evidence: 'AWS says CAPACITY_CONSTRAINED: the firewall has no room for all rules and addresses',
    };
  }
  if (last === undefined) return { state: 'unknown', evidence: 'nothing was read yet' };
  const { known } = last;
  const { broken, document } = await readPolicy(firewall, policyArn);
  const zones = Object.entries(objectOf(status['SyncStates'])).map(([zone, state]) => [zone, objectOf(state)] as const);
  const tokens = new Map([
    [policyArn, known.policy.token],
    ...known.attached.map(({ arn, token }) => [arn, token] as const),
  ]);
  const late = [
    ...(/^(FAILED|DELETING)$/.test(textOf(status['Status'])) ? [`the firewall is ${textOf(status['Status'])}`] : []),
    ...(broken === undefined ? [] : [`policy ${nameIn(policyArn)}: ${broken}`]),
    ...zones.flatMap(([zone, state]) => [...brokenIn(zone, state), ...behindIn(zone, state, tokens)]),
    ...unresolvedIn(status, known),
  ];
  if (late.length > 0) return { state: 'pending', evidence: late.slice(0, 3).join('; ') };
  const faults = faultsIn(nameIn(policyArn), document, firewall.config);
  if (faults.length > 0) return pendingUntilChanged(faults.join(' ').replace(/\.$/, ''));
  if (zones.length === 0) return { state: 'unknown', evidence: 'the firewall tells of no zone' };
  return judgedBefore(document, `in sync in ${zones.map(([zone]) => zone).join(', ')}`);
}

/**
 * Packets that come to no stateful rule by the policy's stateless default actions. Stateless rule groups may still send them there,
 * which is not read. Fragments that are dropped are no way around a rule.
 */
function judgedBefore(policy: JsonObject, evidence: string): Live {
  const actions = (setting: string): readonly string[] => namesIn(policy[setting]);
  const [action] = actions('StatelessDefaultActions').filter((one) => one === 'aws:pass' || one === 'aws:drop');
  const passesFragments = actions('StatelessFragmentDefaultActions').includes('aws:pass');
  const told = [
    ...(action === undefined ? [] : [`StatelessDefaultActions ${action}, by which all packets`]),
    ...(passesFragments ? ['StatelessFragmentDefaultActions aws:pass, by which fragments of UDP packets'] : []),
  ];
  if (told.length === 0) return { state: 'live', evidence };
  const why = `the policy has ${told.join(' and ')} come to no stateful rule`;
  if (objectsIn(policy['StatelessRuleGroupReferences']).length === 0)
    return pendingUntilChanged(`${why}: set it to aws:forward_to_sfe`);
  return { state: 'unknown', evidence: `${evidence}; ${why} unless a stateless rule group sends them there` };
}

/** An endpoint through which nothing passes. */
function brokenIn(zone: string, { Attachment }: JsonObject): readonly string[] {
  const { Status, StatusMessage } = objectOf(Attachment);
  const said = textOf(StatusMessage) === '' ? '' : ` (${textOf(StatusMessage).slice(0, 200)})`;
  return /^(FAILED|ERROR)$/.test(textOf(Status)) ? [`${zone}: its endpoint is in state ${textOf(Status)}${said}`] : [];
}

/** Objects are told by ARN or by name. */
function behindIn(zone: string, state: JsonObject, tokens: ReadonlyMap<string, string>): readonly string[] {
  const config = isObject(state['Config']) ? state['Config'] : {};
  return [...tokens].flatMap(([arn, token]) => {
    const name = nameIn(arn);
    const told = config[arn] ?? config[name];
    const { SyncStatus: sync = 'PENDING', UpdateToken: seen = '' } = isObject(told) ? told : {};
    if (sync === 'IN_SYNC' && seen === token) return [];
    return [`${zone}: ${name} ${sync === 'IN_SYNC' ? 'in an older version' : textOf(sync)}`];
  });
}

function unresolvedIn(status: JsonObject, known: Known): readonly string[] {
  const summary = isObject(status['CapacityUsageSummary']) ? status['CapacityUsageSummary']['CIDRs'] : undefined;
  const counts = isObject(summary) && isObject(summary['IPSetReferences']) ? summary['IPSetReferences'] : {};
  return [...known.lists.values()].flatMap(({ arn, name, entries }) => {
    const told = counts[arn];
    const count = isObject(told) ? told['ResolvedCIDRCount'] : undefined;
    return typeof count === 'number' && count !== entries.size
      ? [`${name}: ${count} of ${entries.size} addresses resolved`]
      : [];
  });
}
