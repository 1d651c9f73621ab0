import { simulators } from '../../adapters/index.ts';
import type { Device } from '../worlds/fleet.ts';
import { argument, onMessage, tell } from './parent.ts';

/* Simulated appliances of several kinds, on another processor, as real ones are. */

const { kinds, each } = argument() as { readonly kinds: readonly string[]; readonly each: number };
const requests = new Map<string, number>();
const devices: Device[] = [];
for (let i = 0; i < each; i += 1)
  for (const kind of kinds) {
    const start = await simulators[kind]?.();
    if (start === undefined) throw new Error(`there is no simulator of ${kind}`);
    const appliance = await start({ port: 0 });
    appliance.onRequest(() => requests.set(kind, (requests.get(kind) ?? 0) + 1));
    const { url, ca, credentials, config } = appliance;
    devices.push({ kind, config: config ?? { url }, secret: { ...credentials, 'ca.crt': ca } });
  }
tell(devices);

// Answered with the requests that each kind has had since the last time.
onMessage(() => {
  tell(Object.fromEntries(requests));
  requests.clear();
});
