import type { Written, WrittenClusterPolicy } from './importer.ts';
import { parseObject } from '../api/parse.ts';
import { digest } from '../core/text/digest.ts';
import { lost, type Document, type Outcome, type Remark } from './outcome.ts';
import { everywhere } from '../net/cidr.ts';

/** Objects by what has their name already: the subject of an original. */
export type Names = Map<string, Document>;

/**
 * What of an outcome can stay as it is written: objects of names of their own that our kinds take. What they do not take is
 * not here and says why in their words; if it had a Deny, everything is denied in its place.
 */
export function settled(document: Document, { objects, remarks }: Outcome, names: Names): Outcome {
  const own = objects.map((object, at) => withOwnName(document, object, at, names));
  const judged = own.map((object) => judge(document, object));
  return {
    objects: judged.flatMap((one) => one.objects),
    remarks: [...remarks, ...judged.flatMap((one) => one.remarks)],
  };
}

function judge(document: Document, object: Written): Outcome {
  const problem = problemOf(object);
  if (problem === undefined) return { objects: [object], remarks: [] };
  const refused = lost('', 'not-expressible', `cannot be expressed here (${problem.field}): ${problem.message}`);
  const closed = closedOf(document, object);
  if (closed === undefined || problemOf(closed) !== undefined) return { objects: [], remarks: [refused] };
  return { objects: [closed], remarks: [refused, deniesMore] };
}

function problemOf(object: Written) {
  const parsed = parseObject(object);
  return 'problems' in parsed ? parsed.problems[0] : undefined;
}

export const deniesMore: Remark = {
  effect: 'changed',
  severity: 'warning',
  field: '',
  code: 'denies-more',
  message: 'what it denies is not carried over: everything is denied instead, until you write it by hand',
};

/** Undefined: it denied nothing, so that without it less is permitted. */
function closedOf(document: Document, object: Written): Written | undefined {
  const to = [{ networks: [...everywhere], allPorts: true }];
  if (object.kind === 'EgressPolicy') {
    if (object.spec.action !== 'Deny') return undefined;
    return { ...object, spec: { subject: { allPods: true }, action: 'Deny', to } };
  }
  if (object.kind !== 'ClusterEgressPolicy' || object.spec.egress.every(({ action }) => action !== 'Deny'))
    return undefined;
  const priority = Math.min(object.spec.priority, lastPriority);
  const subject = everyPodOf(document.namespace);
  return { ...object, spec: { tier: 'Admin', priority, subject, egress: [{ action: 'Deny', to }] } };
}

const lastPriority = 1_000;

/** Every pod of a namespace, of all where it is empty. */
export function everyPodOf(namespace: string): WrittenClusterPolicy['spec']['subject'] {
  const where =
    namespace === ''
      ? { allNamespaces: true }
      : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
  return { ...where, allPods: true };
}

/** Two originals may come to one name, `web-deny` and the Deny of `web`: applied, the later would take the earlier away. */
function withOwnName<T extends Written>(document: Document, object: T, at: number, names: Names): T {
  const { name, namespace = '' } = object.metadata;
  const key = [object.kind, namespace, name].join('/');
  const other = names.get(key);
  // One object in two files is no other; the later counts, as for kubectl.
  if (other === undefined || (other.subject === document.subject && other.input !== document.input)) {
    names.set(key, document);
    return object;
  }
  const own = `${name.slice(0, 50)}-${digest(`${document.kind} ${document.subject} ${at}`)}`;
  names.set([object.kind, namespace, own].join('/'), document);
  return { ...object, metadata: { ...object.metadata, name: own } };
}
