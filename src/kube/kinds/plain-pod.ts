import type { Pod } from '../../core/model/snapshot.ts';
import { canonicalAddress } from '../../net/address.ts';
import type { PodObject } from './pod-schema.ts';

/*
 * Says yes quickly to what nearly every pod looks like, so that a large cluster is not put through a schema pod by pod. Whatever
 * is doubted here is no fault yet: the schema of pods decides, and explains.
 */

type Fields = Readonly<Record<string, unknown>>;

const phases: ReadonlySet<unknown> = new Set(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']);

export function isPodPhase(text: unknown): text is Exclude<Pod['phase'], ''> {
  return phases.has(text);
}

export function isPlainPod(input: unknown): input is PodObject {
  if (!isObject(input)) return false;
  const { metadata, spec, status } = input;
  return isMetadata(metadata) && isSpec(spec) && (status === undefined || isStatus(status));
}

function isMetadata(input: unknown): boolean {
  if (!isObject(input)) return false;
  const { name, namespace, labels, annotations, ownerReferences, deletionGracePeriodSeconds: grace } = input;
  return (
    isFilled(name) &&
    (namespace === undefined || isFilled(namespace)) &&
    isTextOrAbsent(input['uid']) &&
    isTextOrAbsent(input['creationTimestamp']) &&
    isTextOrAbsent(input['deletionTimestamp']) &&
    (grace === undefined || Number.isFinite(grace)) &&
    isTextMap(labels) &&
    isTextMap(annotations) &&
    isListOf(ownerReferences, isOwner)
  );
}

function isOwner({ kind, name, controller }: Fields): boolean {
  return typeof kind === 'string' && typeof name === 'string' && isFlagOrAbsent(controller);
}

function isSpec(input: unknown): boolean {
  return (
    isObject(input) &&
    isTextOrAbsent(input['serviceAccountName']) &&
    isTextOrAbsent(input['serviceAccount']) &&
    isTextOrAbsent(input['nodeName']) &&
    isFlagOrAbsent(input['hostNetwork']) &&
    isListOf(input['readinessGates'], ({ conditionType }) => typeof conditionType === 'string')
  );
}

function isStatus(input: unknown): boolean {
  if (!isObject(input)) return false;
  const { phase, podIP, podIPs } = input;
  return (
    (phase === undefined || isPodPhase(phase)) &&
    isTextOrAbsent(input['reason']) &&
    isTextOrAbsent(input['startTime']) &&
    (podIP === undefined || isAddress(podIP)) &&
    isListOf(podIPs, ({ ip }) => isAddress(ip))
  );
}

function isObject(input: unknown): input is Fields {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function isFilled(input: unknown): boolean {
  return typeof input === 'string' && input !== '';
}

function isTextOrAbsent(input: unknown): boolean {
  return input === undefined || typeof input === 'string';
}

function isFlagOrAbsent(input: unknown): boolean {
  return input === undefined || typeof input === 'boolean';
}

function isAddress(input: unknown): boolean {
  return typeof input === 'string' && canonicalAddress(input) !== undefined;
}

/** The schema leaves out a key of this name. */
function isTextMap(input: unknown): boolean {
  if (input === undefined) return true;
  if (!isObject(input)) return false;
  for (const key in input) if (typeof input[key] !== 'string' || key === '__proto__') return false;
  return true;
}

function isListOf(input: unknown, isItem: (item: Fields) => boolean): boolean {
  return input === undefined || (Array.isArray(input) && input.every((item) => isObject(item) && isItem(item)));
}
