import { afterEach } from 'vitest';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { awsNetworkFirewall } from '../adapter.ts';
import { startAwsNetworkFirewall, type AwsOptions, type AwsSimulator } from '../simulator/simulator.ts';
import { harness } from './harness.ts';

export interface Account {
  readonly rig: Rig;
  readonly aws: AwsSimulator;
}

/** Starts simulated accounts, one for a test; each is closed when that has ended. */
export function anAccount(): (options?: Omit<AwsOptions, 'port'>, config?: JsonObject) => Promise<Account> {
  let simulator: AwsSimulator | undefined;
  afterEach(() => simulator?.close());
  return async (options = {}, config = {}) => {
    const aws = await startAwsNetworkFirewall({ port: 0, ...options });
    simulator = aws;
    return { aws, rig: new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'], ...config })) };
  };
}

/** Is a flow from there to 203.0.113.5 port 443 permitted? */
export function isAccepted(aws: AwsSimulator, src: string): boolean {
  return aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action === 'Accept';
}

/** `ModifyManagedPrefixList` */
export function operations(requests: readonly { readonly path: string }[]): readonly string[] {
  return requests.map(({ path }) => path.replace(/^.*\//, ''));
}
