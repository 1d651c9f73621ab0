import type { MeshAnswer, MeshClient, MeshStep, MeshTarget } from './answer.ts';
import type { EgressPath } from './egress-path.ts';
import type { Network } from '../network/network.ts';
import { evaluateMesh, type MeshEvaluator } from './evaluate.ts';
import { amongKin, type Way } from './kin.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Probe } from '../flows/probes.ts';

/** What the mesh does with every probe. */
export interface MeshLayer {
  readonly paths: (client: MeshClient, kin: string) => readonly EgressPath[];
  /** Could the flow leave past the proxy? */
  readonly bypassesProxy: (client: MeshClient, kin: string, probe: Probe) => 'yes' | 'unknown' | 'no';
  /** How a flow to an address leaves under the name of another host, which the sidecar stops by itself. */
  readonly claiming: (client: MeshClient, kin: string, probe: Probe) => ClaimedWay | undefined;
  readonly answer: (client: MeshClient, flow: Omit<Probe, 'index'>) => MeshAnswer;
}

type Cause = Pick<MeshStep, 'object' | 'reason'>;

/** How a flow leaves under the name of another host, and what leaves that unknown. */
export interface ClaimedWay {
  readonly claim: Cause;
  readonly doubt: Cause | undefined;
}

/** Index of flows that are no probes. */
export const elsewhere = -1;

/** @param knowsNames Does any network policy that pods are subject to speak of names? */
export function meshLayer(mesh: MeshSnapshot, network: Network, index: ProbeIndex, knowsNames: boolean): MeshLayer {
  const { judge, judgeClaiming, judgeOfKin, isUnspoken } = evaluateMesh(mesh, network);
  const answer: MeshLayer['answer'] = (client, flow) => judge(client, targetOf(flow));
  const ofKin = new Map<string, (client: MeshClient) => readonly EgressPath[]>();
  const round = new Map<string, 'yes' | 'unknown' | 'no'>();
  const claimed = claimedWays((client, probe) => judgeClaiming(client, targetOf(probe)));
  const shared = sharedPaths();
  const wayOf = (client: MeshClient, probe: Probe): Way => {
    const { answer: said, holdsFor } = judgeOfKin(client, targetOf(probe));
    const { verdict, certain, steps, sourceSeenOutside, gateway, outside } = said;
    const path = shared({
      verdict,
      certain,
      decided: steps.some(({ object }) => object !== ''),
      gateway: sourceSeenOutside === 'gateway' ? gateway : '',
      outside: verdict === 'Deny' ? nowhere : outsideOf(probe, outside, index),
    });
    return { path, holdsFor };
  };
  const alike = alikeButForName(index.probes);
  const unspoken = unspokenAmong(index.probes.map(targetOf), isUnspoken);
  const waysOf = (client: MeshClient): readonly Way[] => {
    const isUnheard = knowsNames ? undefined : unspoken(client);
    const first: Way[] = [];
    return index.probes.map((probe) => {
      if (isUnheard?.[probe.index] !== 1) return wayOf(client, probe);
      const way = (first[alike[probe.index] ?? 0] ??= wayOf(client, probe));
      if (way.path.verdict === 'Deny') return way;
      const { verdict, certain, decided, gateway } = way.path;
      return { path: shared({ verdict, certain, decided, gateway, outside: probe }), holdsFor: way.holdsFor };
    });
  };
  return {
    paths: (client, kin) => {
      const found = ofKin.get(kin) ?? amongKin(index.probes, waysOf(client), wayOf);
      ofKin.set(kin, found);
      return found(client);
    },
    bypassesProxy: (client, kin, probe) => {
      const { host, address = '', port, protocol } = probe;
      // To network policies names are alike, unless policies of the cluster know them.
      const to = host !== undefined && !knowsNames ? 'a name' : (host ?? address);
      const text = `${kin} ${to} ${protocol} ${port}`;
      const known = round.get(text);
      if (known !== undefined) return known;
      const { verdict, certain } = answer({ ...client, meshed: 'none' }, probe);
      const found = verdict === 'Deny' ? 'no' : certain ? 'yes' : 'unknown';
      round.set(text, found);
      return found;
    },
    claiming: claimed,
    answer,
  };
}

/** Gives the same object for equal paths: thousands of workloads share a few. */
function sharedPaths(): (path: EgressPath) => EgressPath {
  const same = new Map<string, EgressPath>();
  return (path) => {
    const { verdict, certain, decided, gateway, outside } = path;
    const at = outside.index === elsewhere ? JSON.stringify(outside) : outside.index;
    const key = [verdict, certain, decided, gateway, at].join();
    const known = same.get(key) ?? path;
    same.set(key, known);
    return known;
  };
}

/** Thousands of flows and kin share the few ways that there are. */
function claimedWays(
  judge: (client: MeshClient, probe: Probe) => MeshAnswer | undefined,
): (client: MeshClient, kin: string, probe: Probe) => ClaimedWay | undefined {
  const same = new Map<string, ClaimedWay>();
  const wayOf = ({ claim, certain, steps }: MeshAnswer): ClaimedWay | undefined => {
    if (claim === undefined) return undefined;
    const { object, reason } = steps.find(({ doubt }) => doubt !== undefined) ?? claim;
    const way = { claim, doubt: certain ? undefined : { object, reason } };
    const key = JSON.stringify(way);
    const known = same.get(key) ?? way;
    same.set(key, known);
    return known;
  };
  const ofKin = new Map<string, Map<number, ClaimedWay | undefined>>();
  return (client, kin, probe) => {
    const ways = ofKin.get(kin) ?? new Map<number, ClaimedWay | undefined>();
    ofKin.set(kin, ways);
    if (ways.has(probe.index)) return ways.get(probe.index);
    const answer = judge(client, probe);
    const way = answer && wayOf(answer);
    ways.set(probe.index, way);
    return way;
  };
}

/** Numbers for flows that differ in nothing but a name, the same for each of these. */
function alikeButForName(probes: readonly Probe[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(probes, ({ port, protocol, speaks = '' }) => {
    const key = `${protocol} ${port} ${speaks}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

/** Which flows are to names that no object knows of which the client's proxy is told: the same for a whole namespace. */
function unspokenAmong(
  targets: readonly MeshTarget[],
  isUnspoken: MeshEvaluator['isUnspoken'],
): (client: MeshClient) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (client) => {
    const key = `${client.namespace} ${client.meshed}`;
    const found = known.get(key) ?? Uint8Array.from(targets, (target) => Number(isUnspoken(client, target)));
    known.set(key, found);
    return found;
  };
}

function targetOf({ host, address, port, protocol, speaks }: Omit<Probe, 'index'>): MeshTarget {
  return { host, address, port, protocol, appProtocol: speaks, names: host === undefined ? undefined : [] };
}

const nowhere: EgressPath['outside'] = {
  index: elsewhere,
  host: '',
  address: undefined,
  port: 0,
  protocol: 'TCP',
  speaks: undefined,
};

function outsideOf(
  probe: Probe,
  { host, address, port }: MeshAnswer['outside'],
  index: ProbeIndex,
): EgressPath['outside'] {
  if (host === (probe.host ?? '') && address === (probe.address ?? '') && port === probe.port) return probe;
  const { protocol } = probe;
  const flow = { host: host || undefined, address: address || undefined, port, protocol, speaks: undefined };
  const found = index.find(flow);
  return { index: found?.index ?? elsewhere, ...flow };
}
