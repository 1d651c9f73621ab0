/** Whose flow a line of a log is about, and when. */
export interface LoggedFlow {
  /** Of the client, as it is written there. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
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
   *
   * @param offsetMs of local time from UTC, for formats whose times name no zone
   */
  readonly reader: (offsetMs: number) => (line: string) => LoggedFlow | undefined;
}

/** A flow, if both of it are known. */
export function flowOf(source: string | undefined, at: number | undefined): LoggedFlow | undefined {
  if (source === undefined || source === '' || at === undefined || Number.isNaN(at)) return undefined;
  return { source, at };
}
