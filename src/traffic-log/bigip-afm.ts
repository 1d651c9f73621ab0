import { parseInstant } from '../core/time/instant.ts';
import { destinationOf, flowOf, type LogFormat, type LoggedDestination } from './format.ts';
import { keyValues } from './key-values.ts';

const named = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d{4}) (\d\d):(\d\d):(\d\d)$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Of the header of RFC 5424, in which the BIG-IP names its zone. */
const header = /^[^[]{0,80}?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s/;

/**
 * `[F5@12276 acl_rule_name="..." action="Accept" date_time="Nov 29 2026 14:05:00" source_ip="10.2.3.4" ...]`, separated by spaces
 * (syslog) or commas (Splunk): https://techdocs.f5.com/en-us/bigip-15-1-0/big-ip-network-firewall-policies-and-implementations.html .
 * `date_time` is local time without its zone, unless the destination writes RFC 3339; the header of syslog has the zone.
 */
export const bigipAfm: LogFormat = {
  description: 'BIG-IP AFM network events, key="value" (syslog or Splunk)',
  lines: 'text',
  reader:
    ({ offsetMs, destinations }) =>
    (line) => {
      const { source_ip: source, date_time: written } = keyValues(line, ['source_ip', 'date_time']);
      // A route domain other than 0 is written behind the address.
      return flowOf(source.split('%')[0], timeOf(written, line, offsetMs), destinations && destinationIn(line));
    },
};

function timeOf(written: string, line: string, offsetMs: number): number | undefined {
  const exact = parseInstant(written) ?? parseInstant(header.exec(line)?.[1] ?? '');
  if (exact !== undefined) return exact;
  const [, month = '', day, year, hour, minute, second] = named.exec(written) ?? [];
  const at = months.indexOf(month);
  if (at < 0) return undefined;
  return Date.UTC(Number(year), at, Number(day), Number(hour), Number(minute), Number(second)) - offsetMs;
}

const destinationKeys = ['dest_ip', 'dest_port', 'ip_protocol', 'action'] as const;

function destinationIn(line: string): LoggedDestination | undefined {
  const { dest_ip: address, dest_port: port, ip_protocol: protocol, action } = keyValues(line, destinationKeys);
  const permitted = action.startsWith('Accept');
  return destinationOf({ address: address.split('%')[0], port, protocol, permitted });
}
