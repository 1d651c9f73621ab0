import { parseInstant } from '../core/time/instant.ts';
import { destinationOf, flowOf, type LogFormat, type LoggedFlow } from './format.ts';
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
  reader: () => (line) => {
    const { remote, upstream, name } = partsOf(line);
    return flow({ start: startOf.exec(line)?.[1], remote, upstream, name });
  },
};

export const istioJson: LogFormat = {
  description: 'Istio access log in its default format, JSON lines',
  lines: 'json',
  reader: () => (line) => {
    const event = objectIn(line);
    const names = [textIn(event, 'requested_server_name'), textIn(event, 'authority')];
    return flow({
      start: textIn(event, 'start_time'),
      remote: textIn(event, 'downstream_remote_address'),
      upstream: textIn(event, 'upstream_host'),
      name: names.find((text) => text !== undefined && text !== '-'),
    });
  },
};

interface Said {
  readonly start: string | undefined;
  /** The client. */
  readonly remote: string | undefined;
  /** The server that a connection was made to; `-` where there was none. */
  readonly upstream: string | undefined;
  readonly name: string | undefined;
}

function flow({ start, remote, upstream, name }: Said): LoggedFlow | undefined {
  const [source, server] = [remote, upstream].map((text) => (text === undefined ? undefined : endOf(text)));
  const at = start === undefined ? undefined : parseInstant(start);
  const bare = name?.replace(/:\d+$/, '');
  const to = server && { address: server.host, name: bare, port: server.port, protocol: 'TCP', permitted: true };
  return flowOf(source?.host, at, to && destinationOf(to));
}

/**
 * Behind the last quoted field stand cluster, upstream local, downstream local and remote address, server name and route.
 * Proxies escape nothing: where a client wrote a quote or a space into what it says, nobody can tell what is whose, and the
 * line counts as unreadable.
 */
function partsOf(line: string): Partial<Pick<Said, 'remote' | 'upstream' | 'name'>> {
  const parts = line.split('"');
  const words = (parts.at(-1) ?? '').trim().split(' ');
  if (parts.length - 1 !== quotes || words.length !== 6) return {};
  const name = [words[4], parts[11]].find((text) => text !== undefined && text !== '-');
  return { remote: words[3], upstream: parts[13], name };
}

/** `10.2.3.4:40000`, `[2001:db8::1]:40000` */
function endOf(text: string): { readonly host: string; readonly port: string } | undefined {
  const [, six, four, port = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([\d.]+)):(\d+)$/.exec(text) ?? [];
  const host = six ?? four;
  return host === undefined ? undefined : { host, port };
}
