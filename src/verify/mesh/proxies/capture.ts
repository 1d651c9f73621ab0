import { parseAddress } from '../../../net/address.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { Finding, MeshTarget } from '../answer.ts';
import { isIn, networksOf } from '../../values/networks.ts';

/*
 * What of a pod's connections its sidecar catches, by what istio-init and the CNI plugin make their rules from: annotations
 * (https://istio.io/latest/docs/reference/config/annotations/), and the arguments of istio-init where they say something else.
 */

const interception = 'sidecar.istio.io/interceptionMode';
const settings = {
  excludeInterfaces: '-c',
  excludeOutboundPorts: '-o',
  excludeOutboundIPRanges: '-x',
  includeOutboundPorts: '-q',
  includeOutboundIPRanges: '-i',
} as const;

/** The ranges and ports at which settings of a sidecar draw a line. */
export interface CaptureLines {
  readonly networks: readonly string[];
  readonly ports: readonly number[];
}

export function captureLines(sidecar: Labels): CaptureLines {
  const all = (...names: readonly (keyof typeof settings)[]): readonly string[] =>
    names.flatMap((name) => setting(sidecar, name).list);
  return {
    networks: all('excludeOutboundIPRanges', 'includeOutboundIPRanges').filter((text) => text !== '*'),
    ports: all('excludeOutboundPorts', 'includeOutboundPorts').map(Number),
  };
}

/** Why the sidecar does not catch the connection; undefined: it does. Excluded ports come first, then excluded ranges. */
export function pastCapture(sidecar: Labels | undefined, target: MeshTarget): Finding | undefined {
  if (sidecar === undefined) return undefined;
  const mode = sidecar['istio-init -m'] ?? sidecar[interception];
  if (mode?.toUpperCase() === 'NONE') return past(interception, 'has the sidecar catch nothing');
  const ruled = pastRules(sidecar, target);
  if (ruled !== undefined && ruled.certain !== false) return ruled;
  return mayCatchNone(sidecar) ?? ruled;
}

function pastRules(sidecar: Labels, { address, port }: MeshTarget): Finding | undefined {
  const excludedPorts = setting(sidecar, 'excludeOutboundPorts');
  if (excludedPorts.list.includes(String(port))) {
    return past(excludedPorts.object, `takes port ${port} around the sidecar`);
  }
  const excludes = setting(sidecar, 'excludeOutboundIPRanges');
  const excluded = within(excludes.list, address);
  if (excluded === 'yes') return past(excludes.object, `takes ${address ?? ''} around the sidecar`);
  if (setting(sidecar, 'includeOutboundPorts').list.includes(String(port))) return undefined;
  const includes = setting(sidecar, 'includeOutboundIPRanges');
  const isCaught = includes.isSet ? within(includes.list, address) : 'yes';
  if (isCaught === 'no') {
    return past(includes.object, `has the sidecar catch ${includes.list.join(', ') || 'nothing'} only`);
  }
  if (excluded === 'no' && isCaught === 'yes') return undefined;
  const { object } = excluded === 'no' ? includes : excludes;
  return past(object, 'decides by the address that the name has, which is not known', false);
}

/** Which interface a connection leaves by is not known. */
function mayCatchNone(sidecar: Labels): Finding | undefined {
  if (sidecar['istio-init'] === 'absent') {
    return past('sidecar.istio.io/status', 'names no init container that sends connections to the sidecar', false);
  }
  if (sidecar['istio-init'] !== undefined) {
    return past('istio-init', 'does not run istio-iptables, so that it may send nothing to the sidecar', false);
  }
  const { object, list } = setting(sidecar, 'excludeInterfaces');
  return list.length === 0
    ? undefined
    : past(object, `takes what leaves by ${list.join(', ')} around the sidecar`, false);
}

/** The arguments of istio-init come first: annotations that were changed since change no rule. */
function setting(sidecar: Labels, name: keyof typeof settings): Setting {
  const flag = `istio-init ${settings[name]}`;
  const object = flag in sidecar ? flag : `traffic.sidecar.istio.io/${name}`;
  return { object, isSet: object in sidecar, list: listOf(sidecar[object]) };
}

interface Setting {
  /** Where it is said: an annotation, or a flag of istio-init. */
  readonly object: string;
  readonly isSet: boolean;
  readonly list: readonly string[];
}

/** `*` is every address; `unknown`: there is no address, and the list does not settle it for every one. */
function within(list: readonly string[], address: string | undefined): 'yes' | 'no' | 'unknown' {
  if (list.includes('*')) return 'yes';
  if (list.length === 0) return 'no';
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (parsed === undefined) return 'unknown';
  return isIn(networksOf(list), parsed) ? 'yes' : 'no';
}

function past(object: string, reason: string, certain = true): Finding {
  return { layer: 'sidecar', object, reason, certain, ...(!certain && { doubt: 'object' as const }) };
}

function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
