import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { isObject, objectOf, textOf } from '../../../../kit/common/api/json.ts';
import type { Live, RuleHit } from '../../../../src/adapter/adapter.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import type { Ask } from '../../api/client.ts';
import { tables } from '../../objects/names.ts';
import { described, syncStatus } from './redundancy.ts';

export interface LastKnown {
  /** As they were last read. */
  readonly resources: readonly Resource[];
  /** What is to be said of the running configuration, empty if nothing. */
  readonly saved: string;
  /** Why rules that came into force at this time of the device cannot be the last that were written; empty: they may be. */
  readonly lag: (deployedAt: string) => string;
}

/**
 * A rule that is written is not yet in force: `pccd` compiles all rules anew after every change, and the data plane keeps
 * the old ones until it has. Quiescent means that nothing is left to compile, unless it has not begun yet.
 */
export async function inForce(ask: Ask, { resources, saved, lag }: LastKnown): Promise<Live> {
  const stats = await ask({ method: 'GET', collection: 'tm/security/firewall/current-state/stats' });
  const status = textOf(described(stats, 'pccdStatus'));
  if (status === '') return { state: 'unknown', evidence: 'the device does not tell what its rule compiler does' };
  if (status !== 'quiescent') return { state: 'pending', evidence: `the rule compiler of the device is ${status}` };
  const waiting = lag(textOf(described(stats, 'ruleDeployEndTimeFmt')));
  if (waiting !== '') return { state: 'pending', evidence: waiting };
  const rules = resources.filter(({ kind }) => kind === tables.rule).length;
  const told = [`${rules} rules read back, and the rule compiler is quiescent`, pairing(await syncStatus(ask)), saved];
  return { state: 'live', evidence: told.filter((part) => part !== '').join('; ') };
}

/** The other unit of a pair enforces what it has, not what this one has. */
function pairing(status: string): string {
  if (status === '' || /^(In Sync|Standalone)$/i.test(status)) return '';
  return `the device group is not in sync (${status}): after a failover the other unit enforces its own configuration`;
}

/**
 * Hits of our rules, over all contexts and protocols; one that was never hit has 0. A rule in a rule list may be called
 * `list:rule` there.
 */
export async function ruleHits(ask: Ask, resources: readonly Resource[]): Promise<readonly RuleHit[]> {
  const ids = new Map(
    resources.flatMap(({ kind, name, desiredId }) =>
      kind === tables.rule && desiredId !== undefined ? [[name, desiredId] as const] : [],
    ),
  );
  const hits = new Map([...ids.values()].map((id) => [id, 0]));
  for (const entry of await readCounters(ask)) {
    const id = ids.get(entry.name.slice(entry.name.lastIndexOf(':') + 1));
    if (id !== undefined) hits.set(id, (hits.get(id) ?? 0) + entry.hits);
  }
  return [...hits].map(([rule, count]) => ({ rule, hits: count }));
}

async function readCounters(ask: Ask): Promise<readonly { readonly name: string; readonly hits: number }[]> {
  const answer = await statistics(ask);
  const { entries } = answer;
  return Object.values(objectOf(entries)).flatMap((wrapped) => {
    const nested = isObject(wrapped) ? wrapped['nestedStats'] : undefined;
    const own = isObject(nested) ? nested['entries'] : undefined;
    if (!isObject(own)) return [];
    const [name, counter] = [own['ruleName'], own['counter'] ?? own['hitCount']];
    const value = isObject(counter) ? Number(counter['value'] ?? 0) : 0;
    return isObject(name) ? [{ name: textOf(name['description']), hits: value }] : [];
  });
}

/** Some versions have it under one of the two paths only. */
async function statistics(ask: Ask): Promise<JsonObject> {
  const collection = 'tm/security/firewall/rule-stat';
  const found = await unlessRefused(ask({ method: 'GET', collection }), 'not-found', 'transient');
  return found ?? (await ask({ method: 'GET', collection: `${collection}/stats` }));
}
