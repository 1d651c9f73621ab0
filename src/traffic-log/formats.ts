import { azureFirewall } from './azure-firewall.ts';
import { bigipAfm } from './bigip-afm.ts';
import { fortios } from './fortios.ts';
import type { LogFormat } from './format.ts';
import { istio, istioJson } from './istio.ts';
import { panos } from './panos.ts';
import { awsNetworkFirewall, suricataEve } from './suricata.ts';
import type { LogFormatName } from './names.ts';
import { vpcFlow } from './vpc-flow.ts';

/** Every format that is read. */
export const logFormats: Readonly<Record<LogFormatName, LogFormat>> = {
  fortios,
  'bigip-afm': bigipAfm,
  panos,
  'azure-firewall': azureFirewall,
  'suricata-eve': suricataEve,
  'aws-network-firewall': awsNetworkFirewall,
  'vpc-flow': vpcFlow,
  istio,
  'istio-json': istioJson,
};
