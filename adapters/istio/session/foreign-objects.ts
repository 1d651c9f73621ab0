import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import type { KubernetesObject, KubernetesObjects, ObjectKind } from '../../../src/adapter/kubernetes-objects.ts';
import { gatewaysOf, type GatewayRef, type IstioConfig } from '../config.ts';
import { learned } from '../mesh-facts.ts';
import { mapIn, mapOf, textOf } from '../objects/fields.ts';
import { kinds, read } from '../objects/kinds.ts';
import { listed } from './prerequisites.ts';
import { firstFew } from '../../../src/core/text/wording.ts';

/*
 * What others have written that meets ours without naming a host of ours: nothing of ours is held back for it, and it
 * is reported, also in mode Observe, before anything is written.
 */

type Choices = Capabilities['choices'];
type Labels = Readonly<Record<string, unknown>>;
const shown = 10;

export async function foreignObjects(config: IstioConfig, objects: KubernetesObjects): Promise<Choices> {
  if (config.plane === 'ambient') return {};
  const others = async (kind: ObjectKind): Promise<readonly KubernetesObject[]> =>
    (await listed(objects, kind)).filter((object) => !isPosterns(object));
  const choices: Record<string, Choices[string]> = {};
  const sidecars = (await others(kinds.sidecar)).filter(isForSome);
  if (sidecars.length > 0) {
    choices[learned.workloadSidecars] = { value: namesOf(sidecars).sort().join(', '), reason: 'Sidecars of others' };
  }
  if (config.plane === 'direct') return choices;
  const gateways = await others(kinds.gateway);
  const filters = await others(read.envoyFilter);
  const rules = await others(kinds.destinationRule);
  for (const gateway of gatewaysOf(config)) {
    const labels = await podLabels(gateway, objects);
    const meeting = [
      ...gateways.filter(({ spec }) => selects(mapIn(spec, 'selector'), labels)),
      ...filters.filter((filter) => patches(filter, labels, gateway, config)),
      ...rules.filter((rule) => isForService(rule, gateway, config)),
    ];
    if (meeting.length === 0) continue;
    choices[learned.othersAt(gateway)] = { value: firstOf(meeting), reason: 'others use or change the gateway' };
  }
  return choices;
}

/** Points of this or another cluster may share a gateway: each permits what it wants, and both default to nothing. */
function isPosterns({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.['app.kubernetes.io/managed-by'] === 'postern';
}

/** Labels that the pods of a gateway are known to have: those by which it and its Service find them. */
export async function podLabels(
  { namespace, service, selector }: GatewayRef,
  objects: KubernetesObjects,
): Promise<Labels> {
  const found = await objects.get(read.service, { namespace, name: service });
  return { ...mapIn(found, 'spec', 'selector'), ...selector };
}

/** Would these select pods of which only some labels are known? One that is not known is taken to fit beside one that does. */
export function selects(selector: Labels, known: Labels): boolean {
  const entries = Object.entries(selector);
  const fits = entries.every(([key, value]) => known[key] === undefined || known[key] === value);
  return fits && (entries.length === 0 || entries.some(([key]) => key in known));
}

/** Is it for some workloads of its namespace only? */
export function isForSome({ spec }: KubernetesObject): boolean {
  return Object.keys(mapIn(spec, 'workloadSelector', 'labels')).length > 0;
}

/** One in the root namespace is for the whole mesh. https://istio.io/latest/docs/reference/config/networking/envoy-filter/ */
function patches(
  { metadata, spec }: KubernetesObject,
  labels: Labels,
  { namespace }: GatewayRef,
  { rootNamespace }: IstioConfig,
): boolean {
  if (metadata.namespace !== namespace && metadata.namespace !== rootNamespace) return false;
  if (mapOf(spec)['targetRefs'] !== undefined) return false;
  return selects(mapIn(spec, 'workloadSelector', 'labels'), labels);
}

/** A short name is one of the rule's own namespace. */
function isForService(
  { metadata, spec }: KubernetesObject,
  { namespace, service }: GatewayRef,
  { clusterDomain }: IstioConfig,
): boolean {
  const host = textOf(mapOf(spec)['host']);
  const whole = host.includes('.') ? host : `${host}.${metadata.namespace ?? ''}`;
  const name = `${service}.${namespace}`;
  return [name, `${name}.svc`, `${name}.svc.${clusterDomain}`].includes(whole);
}

function namesOf(objects: readonly KubernetesObject[]): string[] {
  return objects.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
}

/** The first few: a gateway may be used by hundreds. */
function firstOf(objects: readonly KubernetesObject[]): string {
  const names = objects.map((object) => `${object.kind} ${namesOf([object]).join('')}`).sort();
  return firstFew(names, shown);
}
