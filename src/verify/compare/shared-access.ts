import type { PodClass } from './pod-classes.ts';
import type { IntentLayer } from '../intent/intent-layer.ts';
import type { Perimeter } from '../layers.ts';
import type { Probe } from '../flows/probes.ts';
import type { Toward } from '../perimeter/sources.ts';
import type { EgressPath } from '../mesh/egress-path.ts';
import { elsewhere } from '../mesh/mesh-layer.ts';

/**
 * Who else may: where a layer cannot tell workloads apart, one that is not entitled gains what its neighbours are
 * entitled to. Beyond that nothing excuses a layer.
 */
export class SharedAccess {
  readonly #atPerimeter = new Map<string, Uint8Array>();
  readonly #inMesh = new Map<string, Uint8Array>();

  constructor(
    classes: readonly PodClass[],
    perimeters: readonly Perimeter[],
    intent: IntentLayer,
    probes: readonly Probe[],
  ) {
    for (const pods of classes) {
      const accepted = intent.accepts(pods.policies);
      for (const { at, sources, toward } of pods.seenAt) {
        const type = perimeters[at]?.point.spec.vantage.type;
        if (type === 'EgressGateway') merge(this.#atPerimeter, `${at} gateway`, accepted);
        const from = (source: string): Uint8Array =>
          toward ? accepted.map((may, index) => (leads(toward, source, probes[index]) ? may : 0)) : accepted;
        if (type === 'EgressIP') for (const one of sources) merge(this.#atPerimeter, `${at} ${one}`, from(one));
        else if (type !== 'Pod') merge(this.#atPerimeter, `${at} ${sources.join()}`, accepted);
      }
      for (const key of meshKeys(pods)) merge(this.#inMesh, key, accepted);
    }
  }

  /** May somebody whom the perimeter sees under the same addresses? */
  atPerimeter(at: number, sources: readonly string[], { index }: { readonly index: number }): boolean {
    return [sources.join(), ...sources].some((seen) => this.#atPerimeter.get(`${at} ${seen}`)?.[index] === 1);
  }

  /** May somebody who leaves through the gateway that the perimeter sees? */
  atGateway(at: number, { index }: { readonly index: number }): boolean {
    return this.#atPerimeter.get(`${at} gateway`)?.[index] === 1;
  }

  /** May somebody whom the mesh takes for the same? */
  inMesh(pods: PodClass, { index }: EgressPath['outside']): boolean {
    return index !== elsewhere && meshKeys(pods).some((key) => this.#inMesh.get(key)?.[index] === 1);
  }
}

function leads(toward: Toward, source: string, probe: Probe | undefined): boolean {
  return probe !== undefined && toward.of(probe).includes(source);
}

function meshKeys({ pod: { namespace, serviceAccount }, inMesh }: PodClass): readonly string[] {
  return inMesh.map(({ grain }) => (grain === 'identity' ? `${namespace}/${serviceAccount}` : namespace));
}

function merge(into: Map<string, Uint8Array>, key: string, accepted: Uint8Array): void {
  const found = into.get(key) ?? new Uint8Array(accepted.length);
  for (let at = 0; at < accepted.length; at += 1) if (accepted[at] === 1) found[at] = 1;
  into.set(key, found);
}
