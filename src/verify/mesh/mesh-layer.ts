import type { MeshAnswer, MeshClient } from './answer.ts';
import type { Network } from '../network/network.ts';
import { boundariesOfPolicies } from '../network/boundaries.ts';
import { evaluateMesh } from './evaluate.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Probe } from '../flows/probes.ts';

/** What leaves, and how, of one flow. */
export interface EgressPath {
  readonly verdict: MeshAnswer['verdict'];
  readonly certain: boolean;
  /** Some object of the mesh decided it: else it is only that none stops it. */
  readonly decided: boolean;
  /** Empty: the perimeter meets the pod itself. */
  readonly gateway: string;
  /** The flow as the perimeter meets it. */
  readonly outside: Omit<Probe, 'index'> & { readonly index: number };
}

/** What the mesh does with every probe. */
export interface MeshLayer {
  readonly paths: (client: MeshClient, key: string) => readonly EgressPath[];
  /** Could the flow leave past the proxy? */
  readonly bypassesProxy: (client: MeshClient, key: string, probe: Probe) => 'yes' | 'unknown' | 'no';
  readonly answer: (client: MeshClient, flow: Omit<Probe, 'index'>) => MeshAnswer;
}

/** Index of flows that are no probes. */
export const elsewhere = -1;

export function meshLayer(mesh: MeshSnapshot, network: Network, index: ProbeIndex): MeshLayer {
  const { judge } = evaluateMesh(mesh, network);
  const knowsNames = boundariesOfPolicies(mesh.network).some(({ to }) => to.names.length > 0);
  const answer: MeshLayer['answer'] = (client, { host, address, port, protocol, speaks }) =>
    judge(client, { host, address, port, protocol, appProtocol: speaks, ...(host !== undefined && { names: [] }) });
  const ways = new Map<string, readonly EgressPath[]>();
  const round = new Map<string, 'yes' | 'unknown' | 'no'>();
  const same = new Map<string, EgressPath>();
  const pathOf = (probe: Probe, found: MeshAnswer): EgressPath => {
    const { verdict, certain } = found;
    const decided = found.steps.some(({ object }) => object !== '');
    const gateway = found.sourceSeenOutside === 'gateway' ? found.gateway : '';
    const outside = verdict === 'Deny' ? nowhere : outsideOf(probe, found.outside, index);
    const at = outside.index === elsewhere ? JSON.stringify(outside) : outside.index;
    const key = [verdict, certain, decided, gateway, at].join();
    // Thousands of workloads share these.
    const way = same.get(key) ?? { verdict, certain, decided, gateway, outside };
    same.set(key, way);
    return way;
  };
  return {
    paths: (client, key) => {
      const found = ways.get(key) ?? index.probes.map((probe) => pathOf(probe, answer(client, probe)));
      ways.set(key, found);
      return found;
    },
    bypassesProxy: (client, key, probe) => {
      const { host, address = '', port, protocol } = probe;
      // To network policies names are alike, unless policies of the cluster know them.
      const to = host !== undefined && !knowsNames ? 'a name' : (host ?? address);
      const text = `${key} ${to} ${protocol} ${port}`;
      const known = round.get(text);
      if (known !== undefined) return known;
      const { verdict, certain } = answer({ ...client, meshed: 'none' }, probe);
      const found = verdict === 'Deny' ? 'no' : certain ? 'yes' : 'unknown';
      round.set(text, found);
      return found;
    },
    answer,
  };
}

const nowhere: EgressPath['outside'] = { index: elsewhere, host: '', port: 0, protocol: 'TCP' };

function outsideOf(
  probe: Probe,
  { host, address, port }: MeshAnswer['outside'],
  index: ProbeIndex,
): EgressPath['outside'] {
  if (host === (probe.host ?? '') && address === (probe.address ?? '') && port === probe.port) return probe;
  const { protocol } = probe;
  const flow = { port, protocol, ...(host !== '' && { host }), ...(address !== '' && { address }) };
  return { ...flow, index: index.find(flow)?.index ?? elsewhere };
}
