import { nameCovers } from '../../core/net/name.ts';
import { addressIntervals, intersect, portIntervals } from '../flows/intervals.ts';
import type { Excuse } from '../layers.ts';
import type { Probe } from '../flows/probes.ts';

/** What a layer says itself of why it cannot do as intended with a flow. */
export function excuseFor(excuses: readonly Excuse[], probe: Omit<Probe, 'index'>): Excuse | undefined {
  return excuses.find((excuse) => isAbout(excuse, probe));
}

function isAbout({ to, ports }: Excuse, { host, address, port, protocol }: Omit<Probe, 'index'>): boolean {
  const at = { space: protocol, first: BigInt(port), last: BigInt(port) };
  if (intersect(portIntervals(ports), [at]).length === 0) return false;
  if (to.any) return true;
  if (host !== undefined) return to.names.some((name) => nameCovers(name, host));
  const network = `${address ?? ''}/${address?.includes(':') ? 128 : 32}`;
  return intersect(addressIntervals(to.networks), addressIntervals([network])).length > 0;
}
