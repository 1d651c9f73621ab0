import { destinationOf, flowOf, type LogFormat, type LoggedDestination } from './format.ts';
import { keyValues } from './key-values.ts';

const keys = ['date', 'time', 'eventtime', 'tz', 'srcip'] as const;
const destinationKeys = ['dstip', 'dstport', 'proto', 'action', 'hostname'] as const;

/**
 * `date=2026-11-29 time=14:05:00 type="traffic" eventtime=1795961100123456789 tz="+0000" srcip=10.2.3.4 ...`:
 * https://docs.fortinet.com/document/fortigate/7.6.0/fortios-log-message-reference . `eventtime` is in nanoseconds since
 * FortiOS 6.2, in seconds before; lines without it have local time, and some of them its zone.
 */
export const fortios: LogFormat = {
  description: 'FortiOS traffic log, key=value (syslog or exported)',
  lines: 'text',
  reader:
    ({ offsetMs, destinations }) =>
    (line) => {
      const { srcip, eventtime, date, time, tz } = keyValues(line, keys);
      return flowOf(
        srcip,
        eventMs(eventtime) ?? Date.parse(`${date}T${time}Z`) - (zoneMs(tz) ?? offsetMs),
        destinations && destinationIn(line),
      );
    },
};

function eventMs(digits: string): number | undefined {
  return /^\d{10,19}$/.test(digits) ? Number(digits.padEnd(13, '0').slice(0, 13)) : undefined;
}

function zoneMs(tz: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(tz) ?? [];
  if (sign === undefined) return undefined;
  return (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
}

/** Whatever is not refused has passed: `action` then says how the session ended. */
const refused: ReadonlySet<string> = new Set(['deny', 'blocked', 'block', 'dropped', 'ip-conn']);

function destinationIn(line: string): LoggedDestination | undefined {
  const { dstip, dstport, proto, action, hostname } = keyValues(line, destinationKeys);
  const permitted = action !== '' && !refused.has(action);
  return destinationOf({ address: dstip, name: hostname, port: dstport, protocol: proto, permitted });
}
