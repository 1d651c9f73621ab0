import { credentialSource } from '../../../kit/aws/credentials.ts';
import { jsonProtocol } from '../../../kit/aws/json-protocol.ts';
import { queryProtocol } from '../../../kit/aws/query-protocol.ts';
import { Service, type Operation, type Protocol } from '../../../kit/aws/service.ts';
import { SignedHttp, type SignedDeps } from '../../../kit/aws/signed-http.ts';
import type { AwsConfig } from '../config.ts';
import { answers } from './answers.ts';

/** Asks one of the services one thing. @throws AdapterError when it refuses or does not answer */
export interface Aws {
  readonly firewall: Operation;
  readonly ec2: Operation;
  /** CloudWatch Logs. */
  readonly logs: Operation;
}

export interface AwsClient {
  asking(signal: AbortSignal): Aws;
  close(): void;
}

/** Network Firewall, EC2 which keeps the prefix lists, and CloudWatch Logs which keeps the alert log. */
export function awsClient({ region, ...config }: AwsConfig, deps: SignedDeps): AwsClient {
  const credentials = credentialSource(deps.secret, region);
  const timeoutMs = config.requestTimeoutMs;
  const { pace } = deps;
  const service = (signingName: string, serviceId: string, url: string | undefined, protocol: Protocol): Service => {
    const http = new SignedHttp({ region, timeoutMs, signingName, serviceId, url }, deps, credentials);
    return new Service(signingName, { http, protocol, table: answers, pace });
  };
  const { networkFirewallUrl, ec2Url, logsUrl } = config;
  const json = jsonProtocol('NetworkFirewall_20201112');
  const services = {
    firewall: service('network-firewall', 'Network Firewall', networkFirewallUrl, json),
    ec2: service('ec2', 'EC2', ec2Url, queryProtocol('2016-11-15')),
    logs: service('logs', 'CloudWatch Logs', logsUrl, jsonProtocol('Logs_20140328', '1.1')),
  };
  return {
    asking: (signal) => ({
      firewall: services.firewall.asking(signal),
      ec2: services.ec2.asking(signal),
      logs: services.logs.asking(signal),
    }),
    close: () => {
      for (const one of Object.values(services)) one.close();
    },
  };
}
