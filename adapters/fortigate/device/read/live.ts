import { namesIn, textOf } from '../../../../kit/common/api/json.ts';
import { ourSubject } from '../../../../kit/common/ownership/marks.ts';
import { atLeast } from '../../../../kit/common/api/version.ts';
import { pendingUntilChanged } from '../../../../kit/common/pending.ts';
import type { SeenRule } from '../../../../kit/ordered-table/rule-sequence.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import type { Live, RuleHit } from '../../../../src/adapter/adapter.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { rowsOf } from '../../api/envelope.ts';
import type { Fortigate } from '../device.ts';
import { Inventory, type Feed } from '../inventory.ts';
import { isIPv4 } from 'node:net';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { tables } from '../../objects/names.ts';
import { lookAtPredefined } from './predefined.ts';

/**
 * FortiOS enforces its configuration from the moment it accepts it; feeds are loaded apart from it, so their entries
 * were counted on the data plane when they were read.
 */
export async function inForce(device: Fortigate, last: Reading<Inventory> | undefined): Promise<Live> {
  const { feeds, policies: sequence } = last?.known ?? new Inventory();
  const resources = last?.observed.resources ?? [];
  const policies = resources.filter(({ position }) => position !== undefined);
  const troubles = [...feeds].flatMap(([name, feed]) => troubleWith(name, feed) ?? []);
  if (troubles.length > 0) return { state: 'pending', evidence: troubles.join('; ') };
  const { changed, unread } = await lookAtPredefined(device, policies);
  if (changed.length > 0) return pendingUntilChanged(otherThanEverything(changed));
  const { intruders } = sequence.intrusion(device.config.anchor);
  const proof = await lookUp(device, resources);
  const loaded = feeds.size === 0 ? '' : `, ${feeds.size} feeds loaded without invalid or cut-off entries`;
  return {
    state: unread.length === 0 ? 'live' : 'unknown',
    evidence: `${policies.length} policies read back enabled and in order${loaded}${told(intruders)}${proof}${notRead(unread)}`,
  };
}

function troubleWith(name: string, { members, valid, invalid, overflow }: Feed): string | undefined {
  if (overflow) return `feed ${name} is over the device's limit of entries`;
  if (invalid > 0) return `feed ${name} has ${invalid} entries that the device does not take`;
  return valid === members.length ? undefined : `feed ${name} has loaded ${valid} of ${members.length} entries`;
}

function otherThanEverything(objects: readonly string[]): string {
  return `on this device ${objects.join(' and ')} no longer stands for everything, and policies of Postern name it: they decide about fewer flows than they should. Set it back to what it is on a new device`;
}

function notRead(objects: readonly string[]): string {
  if (objects.length === 0) return '';
  return `; the access profile of Postern may not read ${objects.join(' and ')}, so it is not known whether what these policies name still stands for everything: give it the right to read (set schedule read)`;
}

function told(intruders: readonly SeenRule[]): string {
  const names = intruders.map(({ id, name }) => name || `#${id}`).slice(0, 5);
  return names.length === 0 ? '' : `; between them are policies of others: ${names.join(', ')}`;
}

/** Hit counters of our policies; one that was never hit has 0. */
export async function ruleHits(device: Fortigate, policies: readonly JsonObject[]): Promise<readonly RuleHit[]> {
  const rules = new Map(
    policies.flatMap((row) => {
      const rule = ourSubject(device.owner, textOf(row['comments']));
      return rule === undefined ? [] : [[textOf(row['policyid']), rule] as const];
    }),
  );
  const table = atLeast(device.capabilities.version, '7.0') ? 'firewall/policy' : 'firewall/policy/select';
  const statistics = rowsOf(await device.ask({ method: 'GET', base: 'monitor', table }));
  return statistics.flatMap((row) => {
    const rule = rules.get(textOf(row['policyid']));
    return rule === undefined ? [] : [hitOf(rule, row)];
  });
}

function hitOf(rule: string, row: JsonObject): RuleHit {
  const at = (field: string): string | undefined => {
    const seconds = Number(row[field] ?? 0);
    return seconds > 0 ? new Date(seconds * 1_000).toISOString() : undefined;
  };
  const [lastHit, firstHit] = [at('last_used'), at('first_used')];
  return {
    rule,
    hits: Number(row['hit_count'] ?? 0),
    ...(lastHit !== undefined && { lastHit }),
    ...(firstHit !== undefined && { firstHit }),
  };
}

/** A flow that one of our accepting policies is there for. */
interface Sample {
  readonly sourceip: string;
  readonly dest: string;
  readonly destport: string;
}

/**
 * What the device itself answers when it is asked which policy decides a flow of ours: an end to the statement of what
 * is in force, or nothing where no interface is configured or no flow lends itself. A policy of others above our block
 * shows here; it is told, not judged, for it may be meant.
 */
async function lookUp(device: Fortigate, resources: readonly Resource[]): Promise<string> {
  const { config, capabilities, ask } = device;
  const srcintf = config.srcInterfaces.find((name) => name !== 'any');
  const sample = srcintf === undefined ? undefined : sampleOf(resources);
  if (srcintf === undefined || sample === undefined || !atLeast(capabilities.version, '7.0')) return '';
  const query = { srcintf, protocol: 'TCP', ...sample };
  try {
    const [answer] = rowsOf(await ask({ method: 'GET', base: 'monitor', table: 'firewall/policy-lookup', query }));
    const decides = await nameOf(device, textOf(answer?.['policy_id']));
    const about = `${sample.sourceip} to ${sample.dest} TCP/${sample.destport}`;
    const ours = resources.some(({ kind, name }) => kind === tables.policy && name === decides);
    return `; policy-lookup of ${about} finds ${decides}${ours ? '' : ', which is not a policy of Postern'}`;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return ''; // a lookup needs a route and a zone member; without them it proves nothing either way
  }
}

function sampleOf(resources: readonly Resource[]): Sample | undefined {
  const byName = new Map(resources.map((resource) => [`${resource.kind} ${resource.name}`, resource]));
  const named = (kinds: readonly string[], names: JsonObject[string] | undefined): readonly Resource[] =>
    namesIn(names).flatMap((name) => kinds.flatMap((kind) => byName.get(`${kind} ${name}`) ?? []));
  for (const { spec, effect, position } of resources) {
    if (position === undefined || effect !== 'Accept') continue;
    const sources = named([tables.group, tables.feed], spec['srcaddr']).flatMap(({ members = [] }) => members);
    const sourceip = sources.find((member) => isIPv4(member));
    const networks = named([tables.address], spec['dstaddr']).map((address) => textOf(address.spec['subnet']));
    const dest = networks.find((network) => network !== '')?.replace(/\/.*/, '');
    const ports = named([tables.service], spec['service']).map((service) => textOf(service.spec['tcp-portrange']));
    const destport = ports.map((range) => /^\d+/.exec(range)?.[0]).find((port) => port !== undefined);
    if (sourceip !== undefined && dest !== undefined && destport !== undefined) return { sourceip, dest, destport };
  }
  return undefined;
}

async function nameOf({ ask }: Fortigate, id: string): Promise<string> {
  if (id === '' || id === '0') return 'no policy';
  const query = { format: 'policyid|name' };
  const [row] = rowsOf(await ask({ method: 'GET', base: 'cmdb', table: tables.policy, keys: [id], query }));
  return textOf(row?.['name']) || `policy ${id}`;
}
