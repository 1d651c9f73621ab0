import { flowOf, type LogFormat, type LoggedFlow } from './format.ts';
import { objectIn, record, textIn } from './json-lines.ts';

/** `2026-11-29T14:05:00.123456+0000` as Suricata writes it; RFC 3339 wants a colon in the zone. */
function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

function eventFlow(event: Readonly<Record<string, unknown>> | undefined): LoggedFlow | undefined {
  // The event of a flow is written when it ends; what counts is who began it, when.
  const started = textIn(record(event?.['flow']), 'start');
  return flowOf(textIn(event, 'src_ip'), timeOf(started ?? textIn(event, 'timestamp')));
}

/** https://docs.suricata.io/en/suricata-7.0.10/output/eve/eve-json-format.html */
export const suricataEve: LogFormat = {
  description: 'Suricata EVE, JSON lines',
  lines: 'json',
  reader: () => (line) => eventFlow(objectIn(line)),
};

/** Suricata's events with the firewall around them: https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html */
export const awsNetworkFirewall: LogFormat = {
  description: 'AWS Network Firewall alert and flow logs, JSON lines',
  lines: 'json',
  reader: () => (line) => eventFlow(record(objectIn(line)?.['event'])),
};
