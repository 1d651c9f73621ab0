import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import { apiVersions } from './arm.ts';
import { AzureDevice, type Failure } from './device.ts';
import { Application } from './entra.ts';
import { names, type Delivered, type State } from './state.ts';

export interface AzureOptions extends SimulatorOptions, Delivered {
  /** Milliseconds that an update of a firewall takes. */
  readonly operationMs?: number;
  /** The time in milliseconds, when so many requests were made; absent: as it is. */
  readonly now?: (requests: number) => number;
  readonly pageSize?: number;
}

/** A subscription with a firewall to practise on, with the hands of another administrator. */
export interface AzureSimulator extends Simulator {
  readonly state: State;
  edit(change: (state: State) => State): void;
  /** From now on a write of what this names is refused, until the device is reset. */
  refuse(text: string): void;
  /** The next update of a firewall is accepted, and ends so. */
  failNext(failure: Failure): void;
}

const newest = '2026-03-01';

export async function startAzureFirewall(options: AzureOptions): Promise<AzureSimulator> {
  const version = options.version ?? newest;
  if (!apiVersions.has(version))
    throw new RangeError(`version ${version} of the API is not simulated; known: ${[...apiVersions].join(', ')}`);
  const application = new Application();
  const { operationMs = 3_000, now = () => Date.now(), pageSize = 100, policy = {}, containers = true } = options;
  const device = new AzureDevice({ application, operationMs, now, pageSize, policy, containers, version });
  const { tenantId, clientId, clientSecret, tokens } = application;
  const served = await serveSimulator(
    { kind: 'azure-firewall', version, credentials: { clientSecret, token: tokens.forever } },
    device,
    options,
  );
  device.origin = served.url;
  return {
    ...served,
    config: {
      subscriptionId: names.subscription,
      resourceGroup: names.resourceGroup,
      policy: names.policy,
      tenantId,
      clientId,
      acceptPodAddresses: true,
      url: served.url,
      loginUrl: served.url,
    },
    get state() {
      return device.held.now;
    },
    edit: (change) => device.held.edit(change),
    refuse: (text) => device.held.refuse(text),
    failNext: (failure) => device.failNext(failure),
  };
}
