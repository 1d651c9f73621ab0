/** The formats that `who --log` takes. Apart, so that a command line that names them loads nothing else. */
export const logFormatNames = [
  'fortios',
  'bigip-afm',
  'panos',
  'azure-firewall',
  'suricata-eve',
  'aws-network-firewall',
  'vpc-flow',
  'istio',
  'istio-json',
] as const;
export type LogFormatName = (typeof logFormatNames)[number];
