import { randomBytes } from 'node:crypto';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { AwsDevice } from './device.ts';
import { names, region, type State } from './state/state.ts';

export interface AwsOptions extends SimulatorOptions {
  /** Requests until what was written is complete. */
  readonly settleRequests?: number;
  /** Requests that each zone takes to follow. */
  readonly zoneLags?: readonly number[];
  /** `FirewallPolicy`, instead of one as Postern wants it. */
  readonly policy?: JsonObject;
}

/** An account with a firewall to practise on, with the hands of another administrator. */
export interface AwsSimulator extends Simulator {
  readonly region: string;
  readonly firewall: string;
  readonly state: State;
  edit(change: (state: State) => State): void;
  /** From now on a write whose text holds this is refused, until the device is reset. */
  refuse(text: string): void;
}

export const strictPolicy: JsonObject = {
  StatelessDefaultActions: ['aws:forward_to_sfe'],
  StatelessFragmentDefaultActions: ['aws:forward_to_sfe'],
  StatefulDefaultActions: ['aws:drop_established_app_layer_to_server', 'aws:alert_established_app_layer_to_server'],
  StatefulEngineOptions: { RuleOrder: 'STRICT_ORDER', StreamExceptionPolicy: 'DROP' },
};

const versions = ['2020-11-12'] as const;

export async function startAwsNetworkFirewall(options: AwsOptions): Promise<AwsSimulator> {
  const version = options.version ?? versions[0];
  if (version !== versions[0])
    throw new RangeError(`version ${version} of the API is not simulated; known: ${versions.join(', ')}`);
  const keys = {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const zones = new Map((options.zoneLags ?? [0, 0]).map((lag, at) => [`${region}${'abcdef'.charAt(at)}`, lag]));
  const device = new AwsDevice({
    keys,
    zones,
    settleRequests: options.settleRequests ?? 0,
    policy: options.policy ?? strictPolicy,
  });
  const served = await serveSimulator({ kind: 'aws-network-firewall', version, credentials: keys }, device, options);
  return {
    ...served,
    config: {
      region,
      firewall: names.firewall,
      networkFirewallUrl: served.url,
      ec2Url: served.url,
      logsUrl: served.url,
    },
    region,
    firewall: names.firewall,
    get state() {
      return device.held.now;
    },
    edit: (change) => device.held.edit(change),
    refuse: (text) => device.held.refuse(text),
  };
}
