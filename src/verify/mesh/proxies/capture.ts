import { parseAddress } from '../../../net/address.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { Finding, MeshTarget } from '../answer.ts';
import { isIn, networksOf } from '../../values/networks.ts';

/*
 * What of a pod's connections its sidecar catches, by the annotations from which istio-init and the CNI plugin make
 * their rules: https://istio.io/latest/docs/reference/config/annotations/
 */

const traffic = 'traffic.sidecar.istio.io/';
const interception = 'sidecar.istio.io/interceptionMode';

/** The ranges and ports at which annotations draw a line. */
export interface CaptureLines {
  readonly networks: readonly string[];
  readonly ports: readonly number[];
}

export function captureLines(sidecar: Labels): CaptureLines {
  const names = ['excludeOutboundIPRanges', 'includeOutboundIPRanges'];
  return {
    networks: names.flatMap((name) => listOf(sidecar[traffic + name])).filter((text) => text !== '*'),
    ports: ['excludeOutboundPorts', 'includeOutboundPorts'].flatMap((name) =>
      listOf(sidecar[traffic + name]).map(Number),
    ),
  };
}

/** Why the sidecar does not catch the connection; undefined: it does. Excluded ports come first, then excluded ranges. */
export function pastCapture(sidecar: Labels | undefined, { address, port }: MeshTarget): Finding | undefined {
  if (sidecar === undefined) return undefined;
  const said = (name: string): readonly string[] => listOf(sidecar[traffic + name]);
  if (sidecar[interception]?.toUpperCase() === 'NONE') return past(interception, 'has the sidecar catch nothing');
  if (said('excludeOutboundPorts').includes(String(port))) {
    return past(`${traffic}excludeOutboundPorts`, `takes port ${port} around the sidecar`);
  }
  const excluded = within(said('excludeOutboundIPRanges'), address);
  if (excluded === 'yes') return past(`${traffic}excludeOutboundIPRanges`, `takes ${address ?? ''} around the sidecar`);
  if (said('includeOutboundPorts').includes(String(port))) return undefined;
  const included = said('includeOutboundIPRanges');
  const isCaught = sidecar[`${traffic}includeOutboundIPRanges`] === undefined ? 'yes' : within(included, address);
  if (isCaught === 'no') {
    return past(`${traffic}includeOutboundIPRanges`, `has the sidecar catch ${included.join(', ') || 'nothing'} only`);
  }
  if (excluded === 'no' && isCaught === 'yes') return undefined;
  const name = excluded === 'no' ? 'includeOutboundIPRanges' : 'excludeOutboundIPRanges';
  return past(`${traffic}${name}`, 'decides by the address that the name has, which is not known', false);
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
