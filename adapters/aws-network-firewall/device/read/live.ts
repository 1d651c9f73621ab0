import { isObject, textOf } from '../../../../kit/common/api/json.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import type { Live } from '../../../../src/adapter/adapter.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Firewall, Known } from '../known.ts';
import { readFirewall } from './firewall.ts';

/** Does every zone have the versions that were written last, and has it found as many addresses as the lists hold? */
export async function live(firewall: Firewall, last: Reading<Known> | undefined): Promise<Live> {
  const { answer, policyArn } = await readFirewall(firewall);
  const status = isObject(answer['FirewallStatus']) ? answer['FirewallStatus'] : {};
  if (status['ConfigurationSyncStateSummary'] === 'CAPACITY_CONSTRAINED') {
    return {
      state: 'pending',
      evidence: 'AWS says CAPACITY_CONSTRAINED: the firewall has no room for all rules and addresses',
    };
  }
  if (last === undefined) return { state: 'unknown', evidence: 'nothing was read yet' };
  const { known } = last;
  const tokens = new Map([
    [policyArn, known.policy.token],
    ...known.attached.map(({ arn, token }) => [arn, token] as const),
  ]);
  const zones = isObject(status['SyncStates']) ? Object.entries(status['SyncStates']) : [];
  const behind = zones.flatMap(([zone, state]) => (isObject(state) ? behindIn(zone, state, tokens) : []));
  const unresolved = unresolvedIn(status, known);
  const late = [...behind, ...unresolved];
  if (late.length > 0) return { state: 'pending', evidence: late.slice(0, 3).join('; ') };
  if (zones.length === 0) return { state: 'unknown', evidence: 'the firewall tells of no zone' };
  return { state: 'live', evidence: `in sync in ${zones.map(([zone]) => zone).join(', ')}` };
}

/** Objects are told by ARN or by name. */
function behindIn(zone: string, state: JsonObject, tokens: ReadonlyMap<string, string>): readonly string[] {
  const config = isObject(state['Config']) ? state['Config'] : {};
  return [...tokens].flatMap(([arn, token]) => {
    const name = arn.slice(arn.lastIndexOf('/') + 1);
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
