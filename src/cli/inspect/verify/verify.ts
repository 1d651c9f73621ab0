import { counted } from '../../../core/text/wording.ts';
import { compareProblems, type Problem } from '../../../api/problem.ts';
import type { Consistency, Difference } from '../../../core/model/consistency.ts';
import { consistencyOf } from '../../../verify/compare/consistency.ts';
import type { Layers } from '../../../verify/layers.ts';
import { networkKindIds } from '../../../verify/network/kinds.ts';
import { inferredText } from '../../../core/text/inferred.ts';
import { tableLines } from '../../../core/text/text-table.ts';
import { isData, writeData, type DataFormat } from '../../data.ts';
import { exitCodes, exitFor, painter, writeProblems, type ExitCode, type Io } from '../../io.ts';
import type { Paint } from '../../../core/text/paint.ts';
import { readLayers, type LayersOptions, type ReadLayers } from '../../../inspect/layers/read.ts';
import { bracketed } from '../../../net/address.ts';

export interface VerifyOptions extends LayersOptions {
  readonly output: 'text' | DataFormat;
}

/** Do the mesh and every firewall permit the same, and what was intended? 0 if so, 3 if not, 4 if it is not known. Writes nothing, nowhere. */
export async function verify(options: VerifyOptions, io: Io): Promise<ExitCode> {
  const read = await readLayers(options, io);
  const compared = consistencyOf(read.layers);
  const found = { ...compared, consistent: compared.consistent && read.unread.length === 0 };
  const problems = [...read.problems].sort(compareProblems);
  if (isData(options.output)) writeData(asJson(found, read, problems), options.output, io);
  else {
    writeProblems(problems, io);
    io.out.write(text(found, read, options.live === true ? 'live' : 'written', painter(io.out, io.environment)));
  }
  return exitFor(problems, exitCodes[outcomeOf(found)]);
}

function outcomeOf(found: Consistency): 'ok' | 'inconsistent' | 'unknown' {
  if (found.consistent) return 'ok';
  return differing.some((side) => found[side].length > 0) ? 'inconsistent' : 'unknown';
}

const differing = ['meshOnly', 'perimeterOnly', 'blocked', 'wider', 'narrower'] as const;

function asJson(found: Consistency, read: ReadLayers, problems: readonly Problem[]): unknown {
  return { ...found, points: pointsOf(found, read), problems };
}

/** Every point with its share of what was found. */
function pointsOf(found: Consistency, { layers, points, left }: ReadLayers): readonly unknown[] {
  const count = (flows: readonly Difference[], name: string): number =>
    flows.filter(({ point }) => point === name).length;
  const compared = points.map(({ point: { metadata }, adapter }) => {
    const { name } = metadata;
    const layer = layers.inMesh.some(({ point }) => point.metadata.name === name)
      ? 'mesh'
      : layers.perimeters.some(({ point }) => point.metadata.name === name)
        ? 'perimeter'
        : null;
    const { consistent: _, classes: __, ...sides } = found;
    const counts = Object.entries(sides).map(([side, flows]) => [side, count(flows, name)]);
    return { name, adapter: adapter.kind, layer, ...(Object.fromEntries(counts) as Record<string, number>) };
  });
  return [...compared, ...left.map(({ name, adapter, why }) => ({ name, adapter, layer: null, leftOut: why }))];
}

const shown = 10;

const unknownAdvice =
  'Correct the object that is named under RULE if it cannot be read; if it is of a kind that is not modelled, ask the network plugin itself, or the proxy (`istioctl proxy-config`), what it does with such a flow.';

/** What each kind of difference means, and what to do about it: on devices, or before anything is written. */
const sections = [
  {
    side: 'perimeterOnly',
    meaning: 'bad',
    title: 'The perimeter lets out what should not leave that way: a bypass is possible',
    advice: {
      live: 'Look at the rule. If it is ours, `postern drift` shows what changed it and a sync puts it right; if nothing in the cluster stops the way around, close it with a point of kind network-policy.',
      written:
        'Nothing in the cluster would stop the way around: close it with a point of kind network-policy (of pods on the network of their node, by taking them off it), or find the object under RULE that lets it out. `postern why NAMESPACE/POD HOST:PORT -f ...` walks such a flow through.',
    },
  },
  {
    side: 'meshOnly',
    meaning: 'bad',
    title: 'The perimeter stops what is let out in the cluster: applications will break there',
    advice: {
      live: 'Bring the point up to date (`postern drift` says what is missing), or correct its vantage or its namespaces.',
      written:
        'Correct the vantage, the namespaces or the config of the point; `postern why NAMESPACE/POD HOST:PORT -f ...` says at which address and rule such a flow ends.',
    },
  },
  {
    side: 'blocked',
    meaning: 'bad',
    title: 'An object in the cluster stops what is intended and the perimeter lets out: applications will break',
    advice: {
      live: 'Change the object that is named under RULE, or take the destination out of the intent. If it is ours, `postern drift` shows what changed it.',
      written: 'Change the object that is named under RULE, or take the destination out of the intent.',
    },
  },
  {
    side: 'wider',
    meaning: 'warn',
    title: 'A layer permits more than intended, and another one stops it',
    advice: {
      live: 'One more mistake, and it is a bypass: put the layer right (`postern drift`).',
      written:
        'One more mistake, and it is a bypass: narrow the object under RULE, or the config of the point that would write it.',
    },
  },
  {
    side: 'narrower',
    meaning: 'warn',
    title: 'All layers stop what is intended',
    advice: {
      live: 'Bring both up to date; `postern why NAMESPACE/POD HOST:PORT --live` walks such a flow through them.',
      written: '`postern why NAMESPACE/POD HOST:PORT -f ...` walks such a flow through them and says what stops it.',
    },
  },
  {
    side: 'unknown',
    meaning: 'warn',
    title: 'Not known: an object in the cluster may let these out or stop them',
    advice: {
      live: unknownAdvice,
      written: unknownAdvice,
    },
  },
] as const;

function text(
  found: Consistency,
  { layers, points, left, unread }: ReadLayers,
  mode: 'live' | 'written',
  paint: Paint,
): string {
  const blocks: string[] = sections.flatMap(({ side, meaning, title, advice }) => {
    const flows = found[side];
    if (flows.length === 0) return [];
    return [`${paint(title, meaning)} (${flows.length})\n\n${table(flows, paint)}\n\n  ${paint(advice[mode], 'dim')}`];
  });
  if (found.known.length > 0) {
    const lines = found.known.map(
      ({ point, reason, count }) =>
        `  ${point}: ${reason.replace(/\.$/, '')} ${paint(`(${counted(count, 'flow')})`, 'dim')}`,
    );
    blocks.push(`Known, and no inconsistency\n${lines.join('\n')}`);
  }
  for (const { name, why } of left) blocks.push(paint(`${name} is left out: ${why}.`, 'warn'));
  for (const line of inferredText(sections.flatMap(({ side }) => found[side]))) blocks.push(paint(line, 'dim'));
  if (unread.length > 0) {
    const subjects = [...new Set(unread.map(({ subject }) => subject))].join(', ');
    blocks.push(paint(`Not in the comparison, for it could not be taken into account: ${subjects}.`, 'warn'));
  }
  const names = points.map(({ point }) => point.metadata.name);
  const sides = ['the intent', ...inCluster(layers), ...names].join(', ');
  const verdict = verdicts[outcomeOf(found)](paint);
  const gone = left.length > 0 || unread.some(({ subject }) => subject.startsWith('EnforcementPoint/'));
  const why = gone ? 'No EnforcementPoint could be taken into account' : 'There is no EnforcementPoint';
  const nothing = names.length === 0 ? ` ${why}, so that there is nothing to compare.` : '';
  const assumed = found.known.some((one) => one.assumed === true) ? ', as far as what is assumed above holds' : '';
  blocks.push(`${verdict}${assumed}: ${sides}; ${found.classes} classes of flows compared.${nothing}`);
  return `${blocks.join('\n\n')}\n`;
}

/** What else decides in the cluster, by whose objects there are. */
function inCluster({ mesh, inMesh }: Layers): readonly string[] {
  if (mesh === undefined) return [];
  const kinds = [...mesh.network.byKind.keys()];
  const hasPolicies = kinds.some((kind) => networkKindIds.has(kind));
  const hasMesh = !hasPolicies || inMesh.some(({ mode }) => mode !== 'none') || kinds.some((kind) => ofMesh.test(kind));
  return [...(hasMesh ? ['the mesh'] : []), ...(hasPolicies ? ['network policies'] : [])];
}

/** `networking.istio.io/Sidecar` */
const ofMesh = /^(\w+\.istio\.io|gateway\.networking\.k8s\.io)\//;

const verdicts = {
  ok: (paint: Paint) => paint('Consistent', 'good'),
  inconsistent: (paint: Paint) => paint('Not consistent', 'bad'),
  unknown: (paint: Paint) => paint('Not known', 'warn'),
};

function table(flows: readonly Difference[], paint: Paint): string {
  const header = ['WORKLOAD', 'DESTINATION', 'POINT', 'RULE', 'FLOWS', 'WHY'];
  const rows = flows
    .slice(0, shown)
    .map(({ namespace, workload, destination, port, protocol, point, rule, count, reason }) => [
      namespace === '' ? workload : `${namespace}/${workload}`,
      `${bracketed(destination)}:${port}/${protocol}`,
      point,
      rule,
      `${count}`,
      reason,
    ]);
  const [head = '', ...lines] = tableLines([header, ...rows]).map((line) => `  ${line}`);
  const more = flows.length > shown ? [paint(`  ... and ${flows.length - shown} more; -o json has all`, 'dim')] : [];
  return [paint(head, 'dim'), ...lines, ...more].join('\n');
}
