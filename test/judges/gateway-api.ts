import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { skipped } from '../kit/skipped.ts';
import { run } from './programs.ts';

/*
 * The engine's istiod has no controller of the Gateway API, so that istiod's own (gateway-api/main.go, which gateway-api/install
 * builds into the engine) translates such objects before they are put up.
 */

const group = 'gateway.networking.k8s.io/';

export function hasGatewayApi(engine: string | undefined): boolean {
  const isThere = engine !== undefined && existsSync(join(engine, 'gateway-api'));
  if (isThere || engine === undefined) return isThere;
  const why = `${engine}/gateway-api is not there (test/judges/gateway-api/install ${engine} builds it)`;
  return skipped(`The real istiod cannot judge objects of the Gateway API: ${why}.`);
}

/** Is there something to translate? A waypoint the engine knows by itself. */
export function speaksGatewayApi(objects: readonly KubernetesObject[]): boolean {
  return objects.some(({ apiVersion, spec }) => apiVersion.startsWith(group) && classOf(spec) !== 'istio-waypoint');
}

function classOf(spec: unknown): string | undefined {
  return (spec as { gatewayClassName?: string } | undefined)?.gatewayClassName;
}

export interface Translated {
  readonly objects: readonly object[];
  /** What istiod's webhook refuses, a line each. */
  readonly refusals: readonly string[];
}

export async function translated(engine: string, objects: readonly KubernetesObject[]): Promise<Translated> {
  const { code, out, err } = await run(join(engine, 'gateway-api'), [], { input: JSON.stringify(asRouters(objects)) });
  if (code !== 0) throw new Error(`The Gateway API could not be translated: ${err.slice(-2_000)}`);
  return {
    objects: JSON.parse(out) as readonly object[],
    refusals: err.split('\n').filter((line) => line.startsWith('refused by istiod')),
  };
}

interface Selecting {
  readonly selector?: Readonly<Record<string, string>>;
  readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

/** A Gateway of Istio says by its labels which pods are gateways, one of the Gateway API by their Service. */
function asRouters(objects: readonly KubernetesObject[]): readonly object[] {
  const specOf = ({ spec }: KubernetesObject): Selecting => spec ?? {};
  const selectors = objects.flatMap((one) => (one.kind === 'Service' ? [specOf(one).selector ?? {}] : []));
  return objects.map((one) => {
    const { template } = specOf(one);
    const labels = template?.metadata?.labels ?? {};
    const isBehind = selectors.some((selector) => {
      const wanted = Object.entries(selector);
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    });
    if (one.kind !== 'Deployment' || !isBehind) return one;
    const metadata = { ...template?.metadata, annotations: { 'judge/proxy': 'router' } };
    return { ...one, spec: { ...specOf(one), template: { ...template, metadata } } };
  });
}
