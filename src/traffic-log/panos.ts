import { parseInstant } from '../core/time/instant.ts';
import { destinationOf, flowOf, type LogFormat } from './format.ts';

/**
 * Places of what is read, from 0, in a traffic log since PAN-OS 8.0; later releases add fields behind these:
 * https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions/traffic-log-fields
 */
const place = {
  type: 3,
  subtype: 4,
  generated: 6,
  source: 7,
  destination: 8,
  port: 25,
  protocol: 29,
  action: 30,
  start: 35,
  elapsed: 36,
} as const;

/**
 * `<14>Nov 29 14:05:09 fw 1,2026/11/29 14:05:09,007...,TRAFFIC,end,...`: values separated by commas, in double quotes where they
 * hold one; a header of syslog before the first is no harm. Times are local to the firewall; the high-resolution time stamp,
 * since PAN-OS 10.0, names its zone.
 */
export const panos: LogFormat = {
  description: 'PAN-OS traffic log, CSV (syslog or exported)',
  lines: 'text',
  reader:
    ({ offsetMs, destinations }) =>
    (line) => {
      if (!line.includes(',TRAFFIC,')) return undefined;
      const values = csvValues(line);
      // A line that ends before this is cut, and its time may be half of one.
      if (values[place.type] !== 'TRAFFIC' || values[place.elapsed] === undefined) return undefined;
      const [source, address] = [values[place.source], values[place.destination]];
      const to = destinations && {
        address,
        port: values[place.port],
        protocol: values[place.protocol],
        permitted: values[place.action] === 'allow',
      };
      return flowOf(source, beginOf(values, offsetMs), to && destinationOf(to));
    },
};

/** When the session began; of one that was refused before it did, when that was noted. */
function beginOf(values: readonly string[], offsetMs: number): number | undefined {
  const stamp = values.findLast((value) => /^\d{4}-\d\d-\d\dT.{8,}[+-]\d\d:\d\d$/.test(value));
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(stamp ?? '') ?? [];
  const named = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const at = localTime(values[place.start]) ?? localTime(values[place.generated]);
  return at === undefined ? undefined : at - (sign === undefined ? offsetMs : named);
}

/** `2026/11/29 14:05:00`, as if it were UTC. */
function localTime(text = ''): number | undefined {
  const [, date = '', time = ''] = /^(\d{4}\/\d\d\/\d\d) (\d\d:\d\d:\d\d)$/.exec(text) ?? [];
  return parseInstant(`${date.replaceAll('/', '-')}T${time}Z`);
}

/** RFC 4180, of one line: a quote within quotes is doubled. */
function csvValues(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const values: string[] = [];
  const value = /"((?:[^"]|"")*)"(?=,|$)|([^,]*)/y;
  for (let at = 0; at <= line.length; at = value.lastIndex + 1) {
    value.lastIndex = at;
    const [, quoted, bare = ''] = value.exec(line) ?? [];
    values.push(quoted?.replaceAll('""', '"') ?? bare);
  }
  return values;
}
