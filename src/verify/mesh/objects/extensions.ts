import { z } from 'zod';
import { labels, list, maybe, namespaced, text, word, type Identity } from '../../values/fields.ts';
import { targetRef, type TargetRef } from './security.ts';

/*
 * Objects that rewrite proxies or put code of others into them: EnvoyFilter, WasmPlugin, TrafficExtension. Whose proxies
 * these are is read, and not what they do.
 */

export interface Extension extends Identity {
  readonly kind: string;
  /** Labels of the pods whose proxies it is about; undefined: of all. */
  readonly selects: Readonly<Record<string, string>> | undefined;
  /** The Gateways or services whose proxies alone it is about; empty: it goes by labels. */
  readonly targets: readonly TargetRef[];
  /** Which proxies of a pod it is about; undefined: it does not say. */
  readonly contexts: readonly string[] | undefined;
  /** Is it about requests alone, and not about TLS and bytes that pass? */
  readonly ofRequests: boolean;
}

const attachment = z
  .looseObject({
    workloadSelector: maybe(z.object({ labels })),
    selector: maybe(z.object({ matchLabels: labels })),
    targetRef: maybe(targetRef),
    targetRefs: list(targetRef),
  })
  .catch({ workloadSelector: undefined, selector: undefined, targetRef: undefined, targetRefs: [] });

/** A patch without a context is about every proxy. */
const patches = z.looseObject({
  configPatches: z.array(
    z.looseObject({ match: z.looseObject({ context: text.default('ANY') }).default({ context: 'ANY' }) }),
  ),
});

const plugin = z
  .looseObject({
    type: maybe(word),
    wasm: maybe(z.looseObject({ type: maybe(word) })),
    match: list(z.looseObject({ mode: maybe(word) })),
  })
  .catch({ type: 'NETWORK', wasm: undefined, match: [] });

export const extensionKinds = [
  'networking.istio.io/EnvoyFilter',
  'extensions.istio.io/WasmPlugin',
  'extensions.istio.io/TrafficExtension',
] as const;

/** @param kind `group/Kind` */
export function extensionSchema(kind: (typeof extensionKinds)[number]): z.ZodType<Extension> {
  const name = kind.slice(kind.indexOf('/') + 1);
  const spec = z.unknown().transform((fields) => {
    const { workloadSelector, selector, targetRef: one, targetRefs } = attachment.parse(fields);
    return {
      kind: name,
      selects: workloadSelector?.labels ?? selector?.matchLabels,
      targets: one === undefined ? targetRefs : [one, ...targetRefs],
      ...(name === 'EnvoyFilter' ? ofPatches(fields) : ofPlugin(fields)),
    };
  });
  return namespaced(name, spec);
}

type Reach = Pick<Extension, 'contexts' | 'ofRequests'>;

function ofPatches(spec: unknown): Reach {
  const contexts = patches.safeParse(spec).data?.configPatches.map(({ match }) => match.context);
  return { contexts, ofRequests: false };
}

/** A plugin for servers alone is in no proxy on the way out but waypoints, which are servers to their clients. */
function ofPlugin(spec: unknown): Reach {
  const { type, wasm, match } = plugin.parse(spec);
  const isForServers = match.length > 0 && match.every(({ mode }) => mode === 'SERVER');
  return {
    contexts: isForServers ? ['SIDECAR_INBOUND', 'WAYPOINT'] : undefined,
    ofRequests: (wasm?.type ?? type) !== 'NETWORK',
  };
}

/** Environment of the proxies that it selects, of those that are injected from then on. */
export const proxyConfigSchema = namespaced(
  'ProxyConfig',
  z.object({
    selector: maybe(z.object({ matchLabels: labels })),
    environmentVariables: maybe(z.record(text, z.unknown())),
  }),
);
export type ProxyConfig = z.output<typeof proxyConfigSchema>;
