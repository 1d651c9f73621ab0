import type { PointView } from '../../src/console/views/shapes.ts';
import type { MatrixModel, WorkloadRow } from './matrix-model.ts';
import { portText, workloadParts } from './words.ts';

/** One thing on the way out. */
export interface MapNode {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly kind: 'workload' | 'mesh' | 'gateway' | 'firewall' | 'destination' | 'more';
  readonly ready?: PointView['ready'];
}

export interface MapStage {
  readonly title: string;
  readonly nodes: readonly MapNode[];
}

export interface MapEdge {
  readonly from: string;
  readonly to: string;
}

export interface MapGraph {
  readonly stages: readonly MapStage[];
  readonly edges: readonly MapEdge[];
  /** Ends of each flow, workload and destination, for what is lit when one of them is pointed at. */
  readonly flows: readonly MapEdge[];
}

const mostNodes = 14;

interface Choice {
  readonly namespace: string;
  /** Empty: all of the namespace. */
  readonly workload: string;
}

/** The ways out of a namespace or of one workload, through everything that covers it. */
export function mapOf(model: MatrixModel, points: readonly PointView[], { namespace, workload }: Choice): MapGraph {
  const own = model.rows.filter((row) => row.namespace === namespace && (workload === '' || row.workload === workload));
  const { workloads, destinations, flows } = endsOf(model, own);
  const covering = points.filter(({ covers }) => covers === null || covers.includes(namespace));
  const mesh = covering.filter(({ inMesh }) => inMesh === true).map((point) => pointNode(point, 'mesh'));
  const devices = covering.filter(({ inMesh }) => inMesh !== true);
  const gateways = [...new Set(devices.flatMap(({ gateway }) => gateway ?? []))].map(gatewayNode);
  const stages = [
    { title: 'Workloads', nodes: workloads },
    { title: 'In the cluster', nodes: mesh },
    { title: 'Gateways', nodes: gateways },
    { title: 'Firewalls', nodes: devices.map((point) => pointNode(point, 'firewall')) },
    { title: 'Destinations', nodes: destinations },
  ].filter(({ nodes }, at) => nodes.length > 0 || at === 0 || at === 4);
  return { stages, edges: edgesOf(stages, flows), flows };
}

function endsOf(model: MatrixModel, rows: readonly WorkloadRow[]) {
  const reached = new Map<string, { readonly ports: Set<string>; readonly from: Set<string> }>();
  const open = rows.map((row) => ({
    row,
    columns: model.columns.flatMap((_, at) => (model.kind(row, at) === 'accept' ? [at] : [])),
  }));
  open.sort((a, b) => b.columns.length - a.columns.length);
  const shown = open.slice(0, mostNodes);
  for (const { row, columns } of shown) {
    for (const at of columns) {
      const column = model.columns[at];
      if (column === undefined) continue;
      const known = reached.get(column.destination) ?? { ports: new Set(), from: new Set() };
      known.ports.add(portText(column));
      known.from.add(idOf(row));
      reached.set(column.destination, known);
    }
  }
  const all = [...reached].sort(([, a], [, b]) => b.from.size - a.from.size);
  const listed = all.slice(0, mostNodes);
  const rest = all.slice(mostNodes);
  const moreId = 'destinations that are not shown';
  const flows = [
    ...listed.flatMap(([name, { from }]) => [...from].map((id) => ({ from: id, to: `> ${name}` }))),
    ...[...new Set(rest.flatMap(([, { from }]) => [...from]))].map((id) => ({ from: id, to: moreId })),
  ];
  const destinations: MapNode[] = listed.map(([name, { ports }]) => ({
    id: `> ${name}`,
    title: name,
    note: portsText([...ports]),
    kind: 'destination',
  }));
  if (rest.length > 0)
    destinations.push({ id: moreId, title: `${rest.length} more`, note: 'in the matrix', kind: 'more' });
  const workloads: MapNode[] = shown.map(({ row, columns }) => workloadNode(row, columns.length));
  if (open.length > shown.length)
    workloads.push({
      id: 'more workloads',
      title: `${open.length - shown.length} more`,
      note: 'choose one above',
      kind: 'more',
    });
  return { workloads, destinations, flows };
}

function portsText(ports: readonly string[]): string {
  return ports.length > 2 ? `${ports.slice(0, 2).join(', ')} and ${ports.length - 2} more` : ports.join(', ');
}

/** Every flow passes every stage: from its workload to all nodes of the next, and so on to its destination. */
function edgesOf(stages: readonly MapStage[], flows: readonly MapEdge[]): readonly MapEdge[] {
  const between = stages.slice(1, -1);
  if (between.length === 0) return flows;
  const [first, last] = [between[0], between.at(-1)];
  const starts = [...new Set(flows.map(({ from }) => from))];
  const ends = [...new Set(flows.map(({ to }) => to))];
  return [
    ...starts.flatMap((from) => (first?.nodes ?? []).map(({ id: to }) => ({ from, to }))),
    ...between
      .slice(1)
      .flatMap(({ nodes }, at) =>
        (between[at]?.nodes ?? []).flatMap(({ id: from }) => nodes.map(({ id: to }) => ({ from, to }))),
      ),
    ...ends.flatMap((to) => (last?.nodes ?? []).map(({ id: from }) => ({ from, to }))),
  ];
}

function idOf({ namespace, workload, serviceAccount }: WorkloadRow): string {
  return `${namespace}/${workload} ${serviceAccount}`;
}

function workloadNode(row: WorkloadRow, count: number): MapNode {
  const { kind, name } = workloadParts(row.workload);
  const open = count === 0 ? 'reaches nothing' : `reaches ${count}`;
  return { id: idOf(row), title: name, note: `${kind}, ${open}`, kind: 'workload' };
}

function pointNode({ name, adapter, ready, mode }: PointView, kind: 'mesh' | 'firewall'): MapNode {
  const note = mode === 'Observe' ? `${adapter}, only observes` : adapter;
  return { id: `@ ${name}`, title: name, note, kind, ready };
}

function gatewayNode(gateway: string): MapNode {
  const [namespace = '', labels = ''] = gateway.split('/');
  return { id: `# ${gateway}`, title: labels || namespace, note: namespace, kind: 'gateway' };
}
