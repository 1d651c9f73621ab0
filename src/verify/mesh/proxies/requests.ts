import type { Finding, MeshTarget } from '../answer.ts';
import type { VirtualService } from '../objects/traffic.ts';
import type { RegistryService } from '../registry/registry.ts';

/* What an HTTP route does to a request besides leading it somewhere. */

export const answersItself = 'answers every request with an error (fault.abort)';

/**
 * The Host that a request has from then on: of interest where the next proxy, or a service that resolves whatever it is asked for, goes
 * by it.
 */
export function renaming(
  { id }: VirtualService,
  authority: string | undefined,
  { host }: MeshTarget,
  { external, resolution }: RegistryService,
  layer: Finding['layer'],
): Finding | undefined {
  const isHeard = !external || resolution === 'DYNAMIC_DNS';
  if (authority === undefined || authority === host || !isHeard) return undefined;
  const reason = `has requests ask for ${authority} from there on, which is not modelled`;
  return { layer, object: id, reason, certain: false, doubt: 'object' };
}
