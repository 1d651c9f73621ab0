import { LinesAbout } from '../audit/files/lines-about.ts';
import { readAddresses } from '../audit/addresses/address-files.ts';
import { heldBy, type AddressRecord, type Assignment } from '../core/addresses/assignment.ts';
import { AssignmentIndex, type Holding } from '../core/addresses/assignment-index.ts';
import { holeSentences } from '../core/audit/continuity.ts';
import { formatInstant } from '../core/time/instant.ts';
import { grouped } from '../core/model/grouped.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { objectName, ruleTitle } from '../core/text/wording.ts';
import { parseAddress, type Address } from '../net/address.ts';
import { containsCidr, parseCidr } from '../net/cidr.ts';
import { compileIntent } from './intent.ts';
import { egressAddressesIn } from '../verify/egress-addresses/objects.ts';
import { isLive } from '../verify/values/pods.ts';
import { namespaceLabelsIn } from '../verify/values/selector.ts';
import { readRecord, type PointRecord } from './report/record.ts';
import { policyVersion } from '../report/output/audit-writes.ts';

/** What an address could reach through one enforcement point, because it stood in groups there. */
export interface AtPoint {
  readonly point: string;
  /** Titles of the groups that held the address. */
  readonly groups: readonly string[];
  readonly rules: readonly {
    /** `Accept pods app=a in namespace shop -> payments.example.com TCP 443` */
    readonly title: string;
    /** `EgressPolicy/shop/checkout@3` */
    readonly policies: readonly string[];
    /** Since when the device has it, RFC 3339; absent: it is what would be there. */
    readonly since?: string;
  }[];
}

/** Who has, or had, an address. */
export interface WhoAnswer extends Holding {
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Nodes whose address it is, as far as nodes are known: the record has none. */
  readonly nodes: readonly string[];
  /** Objects of the network plugin that assign it as egress address, and the workloads that get it: `shop/Deployment/web`. */
  readonly given: readonly { readonly by: string; readonly workloads: readonly string[] }[];
  /** Other pods on the node with this address: behind SNAT they have it as source address, too. */
  readonly behindNode: readonly Assignment[];
  readonly points: readonly AtPoint[];
  /** `intent`: what devices should hold; `record`: what they held, by the audit record. */
  readonly pointsBy: 'intent' | 'record';
  /** Parts of the record that could not be read. */
  readonly faults: readonly string[];
  /** Missing parts of the record of writes, a sentence each: groups and rules may have differed. */
  readonly missing: readonly string[];
}

/** The holders of an address in a cluster now, and the groups that should contain it. */
export function addressHoldersNow(snapshot: Snapshot, address: string, now: number): WhoAnswer {
  const record = recordOfNow(snapshot, now);
  const { desired } = compileIntent(snapshot, now);
  const points = snapshot.enforcementPoints.map(({ metadata }): AtPoint => {
    const { groups, rules } = desired(metadata.name);
    const byId = new Map(groups.map((group) => [group.id, group]));
    const holding = groups.filter(({ members }) => holds(new Set(members), address));
    const ids = new Set(holding.map(({ id }) => id));
    return {
      point: metadata.name,
      groups: holding.map(({ title }) => title),
      rules: rules
        .filter(({ sources }) => sources.some((id) => ids.has(id)))
        .map((rule) => ({
          title: ruleTitle(rule, byId),
          policies: [rule.origin.generation === 0 ? objectName(rule.origin) : policyVersion(rule.origin)],
        })),
    };
  });
  const nodes = snapshot.nodes.filter(({ addresses }) => addresses.includes(address)).map(({ name }) => name);
  const found = answer(record, { address, at: now }, { points, faults: [], nodes });
  return { ...found, pointsBy: 'intent', given: givenTo(snapshot, address) };
}

/** The pods of a snapshot as if they had been seen all along. */
export function recordOfNow({ pods }: Pick<Snapshot, 'pods'>, now: number): AddressRecord {
  const assignments = pods.flatMap((pod) => {
    const since = pod.started === undefined ? 0 : pod.started * 1_000;
    const times = { since, earliest: since, until: undefined, endedAfter: undefined };
    return heldBy(pod).map((held): Assignment => ({ ...held, ...times }));
  });
  return { assignments, gaps: [], from: 0, to: now };
}

/**
 * The holders of an address at a moment on record.
 *
 * @param directory of the audit record, with the record of addresses beside it
 * @param at milliseconds since the epoch
 */
export async function addressHoldersAt(directory: string, address: string, at: number): Promise<WhoAnswer> {
  const [{ record, faults }, states] = await Promise.all([
    readAddresses(directory, address),
    readRecord(new LinesAbout(directory, address), { until: formatInstant(at), verify: false }),
  ]);
  const points = [...states].map(([point, { record: state }]) => recordedAt(point, state, address));
  const missing = [...states].flatMap(([point, { record: state }]) => holeSentences(state.holes, point));
  const found = { ...answer(record, { address, at }, { points, faults, nodes: [] }), missing };
  if (!found.holders.some(({ hostNetwork }) => hostNetwork)) return found;
  // Who else was on a node is a question about every address.
  const { record: all } = await readAddresses(directory);
  return { ...found, behindNode: behindNodes(all, nodesOf(found.holders), at) };
}

function recordedAt(point: string, { byId }: PointRecord['record'], address: string): AtPoint {
  const objects = [...byId.values()].flat();
  const holding = objects.filter(({ members }) => holds(members, address));
  const ids = new Set(holding.map(({ id }) => id));
  return {
    point,
    groups: [...new Set(holding.map(({ title, name }) => title || name))],
    rules: objects
      .filter(({ rule }) => rule?.sources.some((id) => ids.has(id)))
      .map(({ title, policies, since }) => ({ title, policies: policies.map(policyVersion), since })),
  };
}

function answer(
  record: AddressRecord,
  { address, at }: Pick<WhoAnswer, 'address' | 'at'>,
  { points, faults, nodes }: Pick<WhoAnswer, 'points' | 'faults' | 'nodes'>,
): WhoAnswer {
  const holding = new AssignmentIndex(record).holdersAt(address, at);
  const behindNode = behindNodes(record, new Set([...nodes, ...nodesOf(holding.holders)]), at);
  const reaching = points.filter(({ groups }) => groups.length > 0);
  const rest = { given: [], points: reaching, pointsBy: 'record', faults, missing: [] } as const;
  return { address, at, ...holding, nodes, behindNode, ...rest };
}

/** Of pods on the host network. */
function nodesOf(holders: readonly Assignment[]): ReadonlySet<string> {
  return new Set(holders.flatMap(({ hostNetwork, node }) => (hostNetwork && node !== '' ? [node] : [])));
}

/** Addresses of network plugins, which pods share. Those of pools are in none of the objects, but in points. */
function givenTo(snapshot: Snapshot, address: string): WhoAnswer['given'] {
  const objects = egressAddressesIn(
    (snapshot.egressSources ?? []).map(({ object }) => object),
    snapshot,
  );
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  return objects
    .filter(({ addresses }) => holds(new Set(addresses), address))
    .map(({ id, takes }) => {
      const pods = snapshot.pods.filter(
        (pod) => isLive(pod) && !pod.hostNetwork && takes(pod, labelsOf(pod.namespace)),
      );
      return { by: id, workloads: [...new Set(pods.map(({ namespace, workload }) => `${namespace}/${workload}`))] };
    });
}

/** Pods with addresses of their own on nodes. */
function behindNodes({ assignments }: AddressRecord, nodes: ReadonlySet<string>, at: number): readonly Assignment[] {
  const there = assignments.filter(
    ({ hostNetwork, node, since, until = Infinity }) => !hostNetwork && nodes.has(node) && since <= at && at < until,
  );
  // A pod with two addresses is one pod.
  const pods = grouped(there.map((one) => [`${one.namespace}/${one.pod}`, one] as const));
  return [...pods.values()].flatMap((own) => own.slice(0, 1));
}

/** Groups hold addresses, some of them as networks of one address, and static ones whole networks. */
function holds(members: ReadonlySet<string>, text: string): boolean {
  if (members.has(text)) return true;
  const address = parseAddress(text);
  return address !== undefined && [...members].some((member) => member.includes('/') && isWithin(member, address));
}

function isWithin(network: string, address: Address): boolean {
  const cidr = parseCidr(network);
  return cidr !== undefined && containsCidr(cidr, address);
}
