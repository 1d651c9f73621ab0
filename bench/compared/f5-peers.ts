import { F5Client } from '../../adapters/f5-afm/api/client.ts';
import { f5AfmConfigSchema } from '../../adapters/f5-afm/config.ts';
import type { F5AfmSimulator } from '../../adapters/f5-afm/simulator/simulator.ts';
import { systemClock } from '../../src/compose/clock.ts';

/*
 * When F5 Container Egress Services writes, as it publishes it, with our client on our simulated BIG-IP: only the moment
 * and the extent of a write differ. That it logs in with each request is not counted against it.
 */

export interface Sent {
  /** That may change something; logins are none. */
  readonly requests: number;
  /** In their bodies. */
  readonly bytes: number;
  readonly ms: number;
}

/** What a device was asked while something was done. */
export async function sentTo(device: F5AfmSimulator, work: () => Promise<void>): Promise<Sent> {
  const before = device.requests().length;
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const writes = device
    .requests()
    .slice(before)
    .filter(({ method, path }) => method !== 'GET' && !/\/auth[nz]\//.test(path));
  return { requests: writes.length, bytes: writes.reduce((sum, { body }) => sum + body.length, 0), ms };
}

export interface ListWriter {
  /** A pod has come with this address; undefined: one has gone. */
  take(address: string | undefined): Promise<void>;
  close(): Promise<void>;
}

/** One PATCH for each change, and with it the whole list; the next waits for its answer. */
export function listWriter(device: F5AfmSimulator, addresses: readonly string[]): ListWriter {
  const collection = 'tm/security/firewall/address-list';
  const rows = (): { readonly name: string }[] => [...members].map((name) => ({ name }));
  const members = new Set(addresses);
  const oldest = members.values();
  device.administer('POST', `/mgmt/${collection}`, { name: 'ces_src', partition: 'Common', addresses: rows() });
  const secret = { ...device.credentials, 'ca.crt': device.ca };
  const client = new F5Client(f5AfmConfigSchema.parse({ url: device.url }), { secret, clock: systemClock });
  return {
    take: async (address) => {
      if (address === undefined) members.delete(oldest.next().value ?? '');
      else members.add(address);
      const call = { method: 'PATCH', collection, object: '/Common/ces_src', body: { addresses: rows() } } as const;
      await client.ask(call, new AbortController().signal);
    },
    close: () => client.close(),
  };
}
