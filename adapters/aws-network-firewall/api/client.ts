import { credentialSource } from '../../../kit/aws/credentials.ts';
import { jsonProtocol } from '../../../kit/aws/json-protocol.ts';
import { queryProtocol } from '../../../kit/aws/query-protocol.ts';
import { Service, type Operation } from '../../../kit/aws/service.ts';
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
  const target = { region, timeoutMs: config.requestTimeoutMs };
  const { pace } = deps;
  const firewall = new SignedHttp(
    { ...target, signingName: 'network-firewall', serviceId: 'Network Firewall', url: config.networkFirewallUrl },
    deps,
    credentials,
  );
  const ec2 = new SignedHttp(
    { ...target, signingName: 'ec2', serviceId: 'EC2', url: config.ec2Url },
    deps,
    credentials,
  );
  const logs = new SignedHttp(
    { ...target, signingName: 'logs', serviceId: 'CloudWatch Logs', url: config.logsUrl },
    deps,
    credentials,
  );
  const services = {
    firewall: new Service('network-firewall', {
      http: firewall,
      protocol: jsonProtocol('NetworkFirewall_20201112'),
      table: answers,
      pace,
    }),
    logs: new Service('logs', { http: logs, protocol: jsonProtocol('Logs_20140328', '1.1'), table: answers, pace }),
    ec2: new Service('ec2', { http: ec2, protocol: queryProtocol('2016-11-15'), table: answers, pace }),
  };
  return {
    asking: (signal) => ({
      firewall: services.firewall.asking(signal),
      ec2: services.ec2.asking(signal),
      logs: services.logs.asking(signal),
    }),
    close: () => {
      services.firewall.close();
      services.ec2.close();
      services.logs.close();
    },
  };
}
