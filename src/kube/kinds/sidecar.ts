import { z } from 'zod';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import type { labelsSchema } from './core-kinds.ts';

/*
 * What an injected pod says of its sidecar. The rules that send its connections there come from the arguments of `istio-init`,
 * into which the injector writes annotations and settings of the whole mesh (`global.proxy`), and which never change after; only
 * for Istio's CNI plugin, which reads annotations, does it write those settings as annotations. The flags are those of
 * `istio-iptables`: https://istio.io/latest/docs/reference/commands/pilot-agent/
 */

/** The init container that writes the rules; with the CNI plugin there is none of this name. */
export const initContainer = 'istio-init';

const injectedBy = 'sidecar.istio.io/status';
const interception = 'sidecar.istio.io/interceptionMode';
const traffic = 'traffic.sidecar.istio.io/';
/** https://istio.io/latest/docs/reference/config/annotations/#ProxyConfig */
export const proxyConfig = 'proxy.istio.io/config';
const aboutSidecars = /^(traffic\.sidecar\.istio\.io\/|sidecar\.istio\.io\/(status|inject|interceptionMode)$)/;

/** The flags that decide what is caught, the annotation of each, and what holds without the annotation. */
const flags = [
  { short: '-m', long: '--istio-inbound-interception-mode', annotation: interception, otherwise: 'REDIRECT' },
  { short: '-i', long: '--istio-service-cidr', annotation: `${traffic}includeOutboundIPRanges`, otherwise: '*' },
  { short: '-x', long: '--istio-service-exclude-cidr', annotation: `${traffic}excludeOutboundIPRanges`, otherwise: '' },
  { short: '-q', long: '--istio-outbound-ports', annotation: `${traffic}includeOutboundPorts`, otherwise: '' },
  {
    ...{ short: '-o', long: '--istio-local-outbound-ports-exclude' },
    ...{ annotation: `${traffic}excludeOutboundPorts`, otherwise: '' },
  },
  { short: '-c', long: '--istio-exclude-interfaces', annotation: `${traffic}excludeInterfaces`, otherwise: '' },
] as const;

/** @param args the words that the init container `istio-init` runs, without the entry point of its image; undefined: there are none */
export function sidecarOf(
  annotations: z.output<typeof labelsSchema>,
  args: readonly string[] | undefined,
): Pick<Pod, 'sidecar'> {
  if (annotations == null) return {};
  const aboutSidecar = [
    ...ofProxyConfig(annotations),
    ...Object.entries(annotations).filter(([key]) => aboutSidecars.test(key)),
  ];
  if (aboutSidecar.length === 0) return {};
  const fromAnnotations = aboutSidecar.map(([key, value]) => [key, key === injectedBy ? '' : value] as const);
  return { sidecar: Object.fromEntries([...fromAnnotations, ...injected(annotations, args)]) };
}

/**
 * Of the settings of its proxy that a pod has for itself, as YAML, those that decide where its flows go. The mode of one that is
 * injected stands in the arguments of `istio-init`, or in the annotation for the CNI plugin, which comes first here as well.
 */
function ofProxyConfig(annotations: Labels): (readonly [string, string])[] {
  const config = annotations[proxyConfig];
  if (config === undefined) return [];
  const said = (name: RegExp): string | undefined => name.exec(config)?.[1];
  const capture = said(/^[^#\n]*\bISTIO_META_DNS_CAPTURE["']?\s*:\s*["']?(\w+)/m);
  const allocation = said(/^[^#\n]*\bISTIO_META_DNS_AUTO_ALLOCATE["']?\s*:\s*["']?(\w+)/m);
  const mode = injectedBy in annotations ? undefined : said(/^[^#\n]*\binterceptionMode["']?\s*:\s*["']?(\w+)/m);
  return [
    ...(capture === undefined ? [] : [[`${proxyConfig} ISTIO_META_DNS_CAPTURE`, capture] as const]),
    ...(allocation === undefined ? [] : [[`${proxyConfig} ISTIO_META_DNS_AUTO_ALLOCATE`, allocation] as const]),
    ...(mode === undefined ? [] : [[interception, mode] as const]),
  ];
}

/** What the injector put in and annotations do not say. */
function injected(annotations: Labels, args: readonly string[] | undefined): (readonly [string, string])[] {
  const status = annotations[injectedBy];
  if (status === undefined) return [];
  if (args === undefined) return isUncaught(annotations, status) ? [[initContainer, 'absent']] : [];
  if (args[0] !== 'istio-iptables') return [[initContainer, 'unreadable']];
  return flags.flatMap((flag) => {
    const value = valueOf(args, flag);
    return value === (annotations[flag.annotation] ?? flag.otherwise)
      ? []
      : [[`${initContainer} ${flag.short}`, value]];
  });
}

/** With the CNI plugin there is `istio-validation`, or at least the annotation of the mode. */
function isUncaught(annotations: Labels, status: string): boolean {
  if (annotations[interception] !== undefined || !status.includes('"initContainers"')) return false;
  return !status.includes(`"${initContainer}"`) && !status.includes('"istio-validation"');
}

/** Of several, the last. */
function valueOf(args: readonly string[], { short, long }: Pick<(typeof flags)[number], 'short' | 'long'>): string {
  let value = '';
  for (const [i, arg] of args.entries()) {
    if (arg === short || arg === long) value = args[i + 1] ?? '';
    else if (arg.startsWith(`${long}=`)) value = arg.slice(long.length + 1);
    else if (arg.startsWith(short)) value = arg.slice(short.length).replace(/^=/, '');
  }
  return value;
}

const words = z.array(z.string()).nullish();
const init = z.object({ name: z.literal(initContainer), command: words, args: words });

/** The words of `command` and `args` of `istio-init` among the init containers of a pod; undefined: there are none that can be read. */
export function initArgsIn(initContainers: unknown): readonly string[] | undefined {
  if (!Array.isArray(initContainers)) return undefined;
  for (const container of initContainers) {
    const { command, args } = init.safeParse(container).data ?? {};
    const all = [...(command ?? []), ...(args ?? [])];
    if (all.length > 0) return all;
  }
  return undefined;
}
