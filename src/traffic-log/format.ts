/** Whose flow a line of a log is about, and when. */
export interface LoggedFlow {
  /** Of the client, as it is written there. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Where to; absent where it was not asked for, or the line does not say. */
  readonly to?: LoggedDestination;
  /** What refused it, where the device says more than that it did. */
  readonly refused?: string;
  /** The same in every line about this flow, where the device writes several; absent: each line is about a flow of its own. */
  readonly id?: string;
  /** No line about this flow comes after this one. */
  readonly ended?: true;
  /** Where a refused flow wanted to, `api.example.com` or `203.0.113.7:443`, where that is known beside `to`. */
  readonly asked?: string;
}

export interface LoggedDestination {
  /** Absent where the log tells a name alone. */
  readonly address?: string;
  /** That the client asked for, by SNI or Host, where the log has it. */
  readonly name?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** Did the device let it pass? */
  readonly permitted: boolean;
}

/** How a log is read. */
export interface ReadOptions {
  /** Of local time from UTC, for formats whose times name no zone. */
  readonly offsetMs: number;
  /** Read where flows go, too, which takes longer. */
  readonly destinations?: true;
}

/** How the log of one kind of device is written, a line at a time. */
export interface LogFormat {
  /** What lines are, for people, and where that is described. */
  readonly description: string;
  /** How something is added to a line: as a field of its JSON, or behind it as words. */
  readonly lines: 'json' | 'text';
  /**
   * A reader for one stream of lines, which may begin with a line that names its fields. It gives undefined for a line that is about no flow,
   * is cut, or is of another format.
   */
  readonly reader: (options: ReadOptions) => (line: string) => LoggedFlow | undefined;
}

/** A flow, if both of it are known. */
export function flowOf(
  source: string | undefined,
  at: number | undefined,
  to?: LoggedDestination,
): LoggedFlow | undefined {
  if (source === undefined || source === '' || at === undefined || Number.isNaN(at)) return undefined;
  return { source, at, ...(to && { to }) };
}

/** What a line says of a destination, in the words of its format; anything but `permitted` may be missing. */
interface LoggedFields {
  readonly address: unknown;
  readonly name?: unknown;
  readonly port: unknown;
  /** `TCP`, or the number of RFC 5237 in text or as a number. */
  readonly protocol: unknown;
  readonly permitted: boolean;
}

/** Undefined unless it is TCP or UDP to an address, or at least a name, and a port. */
export function destinationOf({
  address,
  name,
  port,
  protocol,
  permitted,
}: LoggedFields): LoggedDestination | undefined {
  const transport = transports[String(protocol).toUpperCase()];
  const number = Number(port);
  const where = { ...(isText(address) && { address }), ...(isText(name) && name !== '-' && { name }) };
  if (Object.keys(where).length === 0 || transport === undefined) return undefined;
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
  return { ...where, port: number, protocol: transport, permitted };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

const transports: Readonly<Record<string, 'TCP' | 'UDP'>> = { TCP: 'TCP', 6: 'TCP', UDP: 'UDP', 17: 'UDP' };
