import { parseInstant } from '../core/time/instant.ts';
import { refusalIn, type EnvoyFields } from './envoy-refusal.ts';
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
    return flow({ start: startOf.exec(line)?.[1], ...partsOf(line) });
  },
};

export const istioJson: LogFormat = {
  description: 'Istio access log in its default format or in that of the page of the adapter, JSON lines',
  lines: 'json',
  reader: () => (line) => {
    const event = objectIn(line);
    const first = (...fields: readonly string[]): string | undefined =>
      fields.map((field) => textIn(event, field)).find((text) => text !== undefined && text !== '-');
    return flow({
      start: textIn(event, 'start_time'),
      remote: first('downstream_remote_address', 'source_ip'),
      upstream: textIn(event, 'upstream_host'),
      name: first('requested_server_name', 'sni', 'authority'),
      local: first('downstream_local_address'),
      flags: textIn(event, 'response_flags'),
      details: textIn(event, 'response_code_details'),
      termination: textIn(event, 'connection_termination_details'),
      cluster: textIn(event, 'upstream_cluster'),
      route: textIn(event, 'route_name'),
    });
  },
};

interface LoggedFields extends EnvoyFields {
  readonly start?: string | undefined;
  /** The client. */
  readonly remote?: string | undefined;
  /** The server that a connection was made to; `-` where there was none. */
  readonly upstream?: string | undefined;
  readonly name?: string | undefined;
  /** Where the client connected to, which for a sidecar is where it wanted to. */
  readonly local?: string | undefined;
}

function flow({ start, remote, upstream, name, local, ...said }: LoggedFields): LoggedFlow | undefined {
  const source = remote === undefined ? undefined : (endOf(remote)?.host ?? addressIn(remote));
  const server = upstream === undefined ? undefined : endOf(upstream);
  const at = start === undefined ? undefined : parseInstant(start);
  const bare = name?.replace(/:\d+$/, '');
  const refused = refusalIn(said);
  const permitted = refused === undefined;
  const to = server && { address: server.host, name: bare, port: server.port, protocol: 'TCP', permitted };
  const found = flowOf(source, at, to && destinationOf(to));
  const asked = bare ?? local;
  return found && refused !== undefined ? { ...found, refused, ...(asked !== undefined && { asked }) } : found;
}

/**
 * Behind the last quoted field stand cluster, upstream local, downstream local and remote address, server name and route.
 * Proxies escape nothing: where a client put a quote or a space into its text, the fields cannot be separated, and the
 * line counts as unreadable.
 */
function partsOf(line: string): Omit<LoggedFields, 'start'> {
  const parts = line.split('"');
  const words = (parts.at(-1) ?? '').trim().split(' ');
  if (parts.length - 1 !== quotes || words.length !== 6) return {};
  const name = [words[4], parts[11]].find((text) => text !== undefined && text !== '-');
  const [, flags, details, termination] = (parts[2] ?? '').trim().split(' ');
  return {
    remote: words[3],
    local: words[2] === '-' ? undefined : words[2],
    upstream: parts[13],
    name,
    flags,
    details,
    termination,
    cluster: words[0],
    route: words[5],
  };
}

/** Without a port. */
function addressIn(text: string): string | undefined {
  return /^[0-9a-fA-F:.]+$/.test(text) ? text : undefined;
}

/** `10.2.3.4:40000`, `[2001:db8::1]:40000` */
function endOf(text: string): { readonly host: string; readonly port: string } | undefined {
  const [, six, four, port = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([\d.]+)):(\d+)$/.exec(text) ?? [];
  const host = six ?? four;
  return host === undefined ? undefined : { host, port };
}
