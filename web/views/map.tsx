import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ViewProps } from '../view-props.ts';
import { mapOf, type MapGraph, type MapNode } from '../data/map-model.ts';
import { MatrixModel } from '../data/matrix-model.ts';
import { useDocument } from '../data/use-document.ts';
import { Empty, Failed, Loading, SelectField } from '../parts/parts.tsx';
import { refine } from '../routes.ts';

/** The egress path: from workloads through gateways and firewalls to destinations. */
export function MapView({ source, route, overview }: ViewProps): VNode {
  const { value, error } = useDocument(source, 'matrix', 15_000);
  const model = useMemo(() => value && new MatrixModel(value), [value]);
  const asked = route.params.get('namespace') ?? '';
  const namespace = model?.namespaces.includes(asked) ? asked : (model?.namespaces[0] ?? '');
  const workload = route.params.get('workload') ?? '';
  const graph = useMemo(
    () => model && mapOf(model, overview.points, { namespace, workload }),
    [model, overview.points, namespace, workload],
  );
  if (model === undefined || graph === undefined)
    return error === undefined ? <Loading what="the matrix" /> : <Failed failure={error} what="The map" />;
  if (model.rows.length === 0)
    return (
      <Empty title="There are no workloads" whole>
        <p>Once pods run, this shows the gateways and firewalls that they leave through, and their destinations.</p>
      </Empty>
    );
  const workloads = [...new Set(model.rows.filter((row) => row.namespace === namespace).map((row) => row.workload))];
  return (
    <>
      <h1 class="visually-hidden">Egress paths of {namespace}</h1>
      <div class="filters" role="search">
        <SelectField
          id="map-namespace"
          label="Namespace"
          value={namespace}
          options={model.namespaces.map((name) => [name, name] as const)}
          onValue={(name) => refine(route, { namespace: name, workload: '' })}
        />
        <SelectField
          id="map-workload"
          label="Workload"
          value={workload}
          options={[['', 'all'], ...workloads.map((name) => [name, name] as const)]}
          onValue={(name) => refine(route, { workload: name })}
        />
      </div>
      <Drawing key={`${namespace} ${workload}`} graph={graph} />
      <InWords graph={graph} namespace={namespace} />
    </>
  );
}

const [nodeWidth, nodeHeight, gapY, top] = [208, 44, 12, 34];
/** Around the drawing, so that the outer half of a border is not clipped. */
const margin = 1;
/** Of the drawing: as wide as the page, and on a small one no wider than it has to be. */
const widthFor = (page: number): number => Math.min(1_200, page);

function Drawing({ graph }: { readonly graph: MapGraph }): VNode {
  const [lit, setLit] = useState('');
  const { stages, edges, flows } = graph;
  const tallest = stages.reduce((most, { nodes }) => Math.max(most, nodes.length), 1);
  const free = widthFor(innerWidth) - stages.length * nodeWidth;
  const gapX = Math.max(60, Math.min(230, free / (stages.length - 1)));
  const height = top + tallest * (nodeHeight + gapY);
  const width = stages.length * nodeWidth + (stages.length - 1) * gapX;
  const places = new Map(
    stages.flatMap(({ nodes }, stage) => {
      const free = (tallest - nodes.length) * (nodeHeight + gapY);
      return nodes.map(
        (node, at) =>
          [node.id, { x: stage * (nodeWidth + gapX), y: top + free / 2 + at * (nodeHeight + gapY) }] as const,
      );
    }),
  );
  const related = relatedTo(lit, graph);
  return (
    <div class="map" role="region" aria-label="Map; a text version follows" tabIndex={0}>
      <svg
        viewBox={`${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`}
        width={width + 2 * margin}
        height={height + 2 * margin}
        role="img"
        aria-label={`${flows.length} flows out`}
      >
        {stages.map(({ title }, stage) => (
          <text key={title} class="map-title" x={stage * (nodeWidth + gapX)} y={14}>
            {title}
          </text>
        ))}
        {edges.map(({ from, to }) => {
          const [a, b] = [places.get(from), places.get(to)];
          if (a === undefined || b === undefined) return null;
          const on = related === undefined || (related.has(from) && related.has(to));
          const [x1, y1, x2, y2] = [a.x + nodeWidth, a.y + nodeHeight / 2, b.x, b.y + nodeHeight / 2];
          const bend = (x2 - x1) / 2;
          const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
          return (
            <path
              key={`${from} ${to}`}
              class={`map-edge${on ? '' : ' faint'}${related && on ? ' lit' : ''}`}
              d={path}
            />
          );
        })}
        {stages.flatMap(({ nodes }) =>
          nodes.map((node) => {
            const at = places.get(node.id) ?? { x: 0, y: 0 };
            const on = related === undefined || related.has(node.id);
            return <Node key={node.id} node={node} {...at} faint={!on} onLit={setLit} />;
          }),
        )}
      </svg>
    </div>
  );
}

/** The nodes on a path through the highlighted one; undefined: none is highlighted. */
function relatedTo(lit: string, { stages, flows }: MapGraph): ReadonlySet<string> | undefined {
  if (lit === '') return undefined;
  const through = flows.filter(({ from, to }) => from === lit || to === lit);
  const between = stages.slice(1, -1).flatMap(({ nodes }) => nodes.map(({ id }) => id));
  const isBetween = between.includes(lit);
  const ends = (isBetween ? flows : through).flatMap(({ from, to }) => [from, to]);
  return new Set([lit, ...(ends.length > 0 ? between : []), ...ends]);
}

interface NodeProps {
  readonly node: MapNode;
  readonly x: number;
  readonly y: number;
  readonly faint: boolean;
  readonly onLit: (id: string) => void;
}

const longest = 27;

function Node({ node: { id, title, note, kind, ready }, x, y, faint, onLit }: NodeProps): VNode {
  return (
    <g
      class={`map-node map-${kind}${ready === undefined ? '' : ` map-ready-${ready}`}${faint ? ' faint' : ''}`}
      transform={`translate(${x} ${y})`}
      onMouseEnter={() => onLit(id)}
      onMouseLeave={() => onLit('')}
    >
      <title>
        {title}: {note}
      </title>
      <rect width={nodeWidth} height={nodeHeight} rx={6} />
      <text class="map-name" x={14} y={19}>
        {cut(title)}
      </text>
      <text class="map-note" x={14} y={34}>
        {cut(note, 34)}
      </text>
    </g>
  );
}

function cut(text: string, most = longest): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The drawing as text, for screen readers. */
function InWords({
  graph: { stages, flows },
  namespace,
}: {
  readonly graph: MapGraph;
  readonly namespace: string;
}): VNode {
  const titles = new Map(stages.flatMap(({ nodes }) => nodes.map(({ id, title }) => [id, title])));
  const through = stages.slice(1, -1).map(({ nodes }) => nodes.map(({ title }) => title).join(' and '));
  const byWorkload = new Map(flows.map(({ from }) => [from, flows.filter((flow) => flow.from === from)]));
  return (
    <details class="in-words">
      <summary>As text</summary>
      {flows.length === 0 ? (
        <p>Nothing may leave {namespace}.</p>
      ) : (
        <ul>
          {[...byWorkload].map(([from, own]) => (
            <li key={from}>
              {titles.get(from)} reaches {own.map(({ to }) => titles.get(to)).join(', ')}
              {through.length > 0 && `, through ${through.join(', then ')}`}.
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
