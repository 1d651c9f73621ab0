import { parseInstant } from '../core/time/instant.ts';
import { flowOf, type LogFormat, type LoggedFlow } from './format.ts';
import { objectIn, textIn } from './json-lines.ts';

const startOf = /^\[([^\]]+)\] "/;
/** Request, failure, forwarded for, user agent, request id, authority, upstream host: both quotes of each. */
const quotes = 14;

/**
 * The access log of proxies as Istio writes it unless told otherwise, as text or as JSON:
 * https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
 */
export const istio: LogFormat = {
  description: 'Istio access log in its default format, text lines',
  lines: 'text',
  reader: () => (line) => flow(startOf.exec(line)?.[1], remoteIn(line)),
};

export const istioJson: LogFormat = {
  description: 'Istio access log in its default format, JSON lines',
  lines: 'json',
  reader: () => (line) => {
    const event = objectIn(line);
    return flow(textIn(event, 'start_time'), textIn(event, 'downstream_remote_address'));
  },
};

function flow(start: string | undefined, remote: string | undefined): LoggedFlow | undefined {
  return flowOf(
    remote === undefined ? undefined : hostOf(remote),
    start === undefined ? undefined : parseInstant(start),
  );
}

/**
 * Behind the last quoted field stand cluster, upstream local, downstream local and remote address, server name and route.
 * Proxies escape nothing: where a client wrote a quote or a space into what it says, nobody can tell what is whose, and the
 * line counts as unreadable.
 */
function remoteIn(line: string): string | undefined {
  const parts = line.split('"');
  const words = (parts.at(-1) ?? '').trim().split(' ');
  return parts.length - 1 === quotes && words.length === 6 ? words[3] : undefined;
}

/** `10.2.3.4:40000`, `[2001:db8::1]:40000` */
function hostOf(text: string): string | undefined {
  return /^\[([0-9a-fA-F:.]+)\]:\d+$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1];
}
