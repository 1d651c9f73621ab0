import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SimulatedDevice } from './simulated-device.ts';
import { Exchange } from './exchange.ts';
import type { Simulator } from './simulator.ts';
import { issueTestingCertificate } from './certificate.ts';

export interface ServedOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Added to every request of the vendor's API, milliseconds. */
  readonly latencyMs?: number;
}

/**
 * Puts a simulated device behind HTTPS on loopback, with a fresh certificate, a request log, faults, and the `/_sim`
 * endpoints beside the vendor's API.
 */
export async function serveSimulator(
  identity: Pick<Simulator, 'kind' | 'version' | 'credentials'>,
  device: SimulatedDevice,
  options: ServedOptions,
): Promise<Simulator> {
  const issued = await issueTestingCertificate(`${identity.kind} simulator`);
  const exchange = new Exchange(device, options.latencyMs ?? 0);
  const server = createServer({ key: issued.key, cert: issued.certificate + issued.ca }, (incoming, outgoing) => {
    exchange.serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...identity,
    url: `https://127.0.0.1:${port}`,
    ca: issued.ca,
    verdict: (flow) => device.verdict(flow),
    requests: () => exchange.requests(),
    fault: (fault) => exchange.fault(fault),
    clearFaults: () => exchange.clearFaults(),
    onRequest: (listener) => exchange.onRequest(listener),
    dump: () => device.dump(),
    reset: () => exchange.reset(),
    checkpoint: () => device.checkpoint(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
