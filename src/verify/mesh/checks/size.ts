import type { AuthorizationPolicy } from '../objects/security.ts';
import type { GatewayPods } from '../proxies/listeners.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

/**
 * istiod puts every policy of a gateway into each of its filter chains, and there is one for each server. Measured with istiod 1.31:
 * 400 bytes for each source in each chain, as Envoy dumps it.
 */
const bytesEach = 400;
const tooLarge = 40_000_000;

export const sizeChecks: readonly MeshCheck[] = [
  {
    id: 'S34',
    title: 'A gateway can hold the policies of all its hosts',
    severity: 'warning',
    fix: 'Spread the hosts over `dedicated` gateways, name whole namespaces instead of ServiceAccounts, or take plane ambient.',
    find: oversized,
  },
];

function oversized({ gateways }: CheckContext): readonly Flaw[] {
  return gateways.flatMap((pods) => {
    const [chains, sources] = [chainsOf(pods), sourcesOf(pods)];
    const bytes = chains * sources * bytesEach;
    if (bytes < tooLarge) return [];
    const size = `about ${Math.round(bytes / 1e6)} MB`;
    const message = `the gateway is served ${size}, for each of its ${chains} servers has all ${sources} sources of its policies`;
    return [flaw(pods.service, '', message)];
  });
}

function chainsOf({ listeners }: GatewayPods): number {
  return [...listeners.values()].reduce((sum, { servers }) => sum + servers.length, 0);
}

function sourcesOf({ policies }: GatewayPods): number {
  return policies.allowing.reduce((sum, policy) => sum + namedIn(policy), 0);
}

function namedIn({ rules }: AuthorizationPolicy): number {
  const sources = rules.flatMap(({ from }) => from.flatMap(({ source }) => Object.values(source)));
  return sources.reduce((sum, names) => sum + names.length, 0);
}
