import type { ObjectsByKind } from '../values/objects.ts';

/** What enforces the network policies of a cluster. */
export type Plugin = 'Cilium' | 'Calico' | 'Antrea' | 'OVN-Kubernetes';

interface Marks {
  readonly plugin: Plugin;
  /** Groups of its own kinds. */
  readonly groups: readonly string[];
  /** Beginnings of annotations and labels that it gives to nodes. */
  readonly onNodes: readonly string[];
}

const known: readonly Marks[] = [
  { plugin: 'Cilium', groups: ['cilium.io'], onNodes: ['network.cilium.io/', 'io.cilium.'] },
  { plugin: 'Calico', groups: ['projectcalico.org', 'crd.projectcalico.org'], onNodes: ['projectcalico.org/'] },
  { plugin: 'Antrea', groups: ['crd.antrea.io'], onNodes: ['node.antrea.io/'] },
  { plugin: 'OVN-Kubernetes', groups: ['k8s.ovn.org'], onNodes: ['k8s.ovn.org/'] },
];

/** Those whose marks the nodes bear; else those whose own kinds of objects there are. */
export function pluginsIn(byKind: ObjectsByKind): readonly Plugin[] {
  const marks = (byKind.get('/Node') ?? []).flatMap(marksOf);
  const onNodes = known.filter(({ onNodes }) =>
    onNodes.some((prefix) => marks.some((mark) => mark.startsWith(prefix))),
  );
  const groups = new Set([...byKind.keys()].map((kind) => kind.slice(0, kind.indexOf('/'))));
  const byObjects = known.filter((one) => one.groups.some((group) => groups.has(group)));
  return (onNodes.length > 0 ? onNodes : byObjects).map(({ plugin }) => plugin);
}

function marksOf(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null || !('metadata' in node)) return [];
  const { metadata } = node;
  if (typeof metadata !== 'object' || metadata === null || !('annotations' in metadata)) return [];
  return Object.keys(metadata.annotations ?? {});
}
