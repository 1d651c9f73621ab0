import { destinationOf, flowOf, type LogFormat, type LoggedDestination, type LoggedFlow } from './format.ts';
import { objectIn, record, textIn } from './json-lines.ts';

/** `2026-11-29T14:05:00.123456+0000` as Suricata writes it; RFC 3339 wants a colon in the zone. */
function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

type Event = Readonly<Record<string, unknown>> | undefined;

function eventFlow(event: Event, destinations: true | undefined): LoggedFlow | undefined {
  // The event of a flow is written when it ends; what counts is who began it, when.
  const started = textIn(record(event?.['flow']), 'start');
  const at = timeOf(started ?? textIn(event, 'timestamp'));
  const flow = flowOf(textIn(event, 'src_ip'), at, destinations && destinationIn(event));
  if (flow === undefined || destinations === undefined) return flow;
  const ended = textIn(event, 'event_type') === 'flow';
  return { ...flow, ...idOf(event), ...(ended && { ended }) };
}

/** Also of an event about an answer, whose source is the server. */
function idOf(event: Event): Pick<LoggedFlow, 'id'> {
  const id = event?.['flow_id'];
  if (typeof id !== 'number') return {};
  const ends = [
    `${String(event?.['src_ip'])} ${String(event?.['src_port'])}`,
    `${String(event?.['dest_ip'])} ${String(event?.['dest_port'])}`,
  ];
  return { id: [id, ...ends.sort()].join(' ') };
}

function destinationIn(event: Event): LoggedDestination | undefined {
  const [tls, http, quic, alert] = ['tls', 'http', 'quic', 'alert'].map((field) => record(event?.[field]));
  const name = textIn(tls, 'sni') ?? textIn(quic, 'sni') ?? textIn(http, 'hostname');
  const permitted = textIn(alert, 'action') !== 'blocked' && textIn(event, 'event_type') !== 'drop';
  return destinationOf({
    address: event?.['dest_ip'],
    name,
    port: event?.['dest_port'],
    protocol: event?.['proto'],
    permitted,
  });
}

/** https://docs.suricata.io/en/suricata-7.0.10/output/eve/eve-json-format.html */
export const suricataEve: LogFormat = {
  description: 'Suricata EVE, JSON lines',
  lines: 'json',
  reader:
    ({ destinations }) =>
    (line) =>
      eventFlow(objectIn(line), destinations),
};

/** Suricata's events with the firewall around them: https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html */
export const awsNetworkFirewall: LogFormat = {
  description: 'AWS Network Firewall alert and flow logs, JSON lines',
  lines: 'json',
  reader:
    ({ destinations }) =>
    (line) =>
      eventFlow(record(objectIn(line)?.['event']), destinations),
};
