/*
 * A small reading of Suricata rules: the forms that are in use with Network Firewall for allow lists, from Suricata's
 * own user guide ("Rules Format", "Payload keywords", "SSL/TLS keywords") and AWS's ("Limitations and caveats for
 * stateful rules"). What it does not know it refuses.
 */

export interface SuricataRule {
  readonly action: 'pass' | 'drop' | 'reject' | 'alert';
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly ports: string;
  readonly sid: number;
  /** Matches what a client says, and so decides about a connection once that was said. */
  readonly name?: NameMatch;
  /** `flow`: decides about one packet; absent: about all packets of the flow. */
  readonly flow: readonly string[];
  /** `alert`: what it passes is in the log. */
  readonly alerts: boolean;
  /** Applications that it is not about. */
  readonly notApps: readonly string[];
}

export interface NameMatch {
  readonly buffer: string;
  readonly content: string;
  /** Instead of a content. */
  readonly pattern?: RegExp;
  readonly startsWith: boolean;
  readonly endsWith: boolean;
  readonly dotPrefix: boolean;
  readonly ignoresCase: boolean;
}

const shape = /^(pass|drop|reject|alert) (\S+) (\S+) any -> (\S+) (\S+) \((.*;)\)$/;
const protocols = new Set(['ip', 'tcp', 'udp', 'icmp', 'tls', 'http', 'quic']);
const buffers: Readonly<Record<string, string>> = {
  'tls.sni': 'tls',
  'quic.sni': 'quic',
  'http.host': 'http',
  'http.header_names': 'http',
};
const known = new Set([
  'msg',
  'flow',
  'content',
  'pcre',
  'startswith',
  'endswith',
  'dotprefix',
  'nocase',
  'alert',
  'metadata',
  'sid',
  'rev',
  'ssl_state',
  'app-layer-protocol',
  ...Object.keys(buffers),
]);
const longestRule = 8_191;

/**
 * The rules of a group, or why it is refused as a whole.
 *
 * @param sides what may stand for addresses, `@REFERENCE` and `$VARIABLE`, with the characters of its values, which count for a rule's length
 */
export function rulesIn(text: string, sides: ReadonlyMap<string, number>): readonly SuricataRule[] | string {
  const rules: SuricataRule[] = [];
  const sids = new Set<number>();
  for (const line of text.split('\n').map((row) => row.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const rule = ruleIn(line, sides);
    if (typeof rule === 'string') return `illegal rule syntax: ${rule}: ${line.slice(0, 120)}`;
    if (sids.has(rule.sid)) return `duplicate sid ${rule.sid}`;
    sids.add(rule.sid);
    rules.push(rule);
  }
  return rules;
}

function ruleIn(line: string, sides: ReadonlyMap<string, number>): SuricataRule | string {
  const [, action, protocol = '', source = '', destination = '', ports = '', body = ''] = shape.exec(line) ?? [];
  if (action === undefined) return 'not a rule';
  if (!protocols.has(protocol)) return `unknown protocol ${protocol}`;
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) return 'control characters';
  const named = [source, destination].filter((side) => /^[@$]/.test(side));
  const dangling = named.find((side) => !sides.has(side));
  if (dangling !== undefined) return `unknown reference ${dangling}`;
  if (named.reduce((sum, side) => sum + (sides.get(side) ?? 0), line.length) > longestRule) return 'is too long';
  const options = said(body);
  if (typeof options === 'string') return options;
  const name = nameIn(options, protocol);
  if (typeof name === 'string') return name;
  const flow = valueOf(options, 'flow').split(',').filter(Boolean);
  const sid = Number(valueOf(options, 'sid'));
  const notApps = options.flatMap(({ key, value }) => (key === 'app-layer-protocol' ? [value.replace('!', '')] : []));
  const alerts = options.some(({ key }) => key === 'alert');
  const rule = {
    alerts,
    action: action as SuricataRule['action'],
    protocol,
    source,
    destination,
    ports,
    sid,
    flow,
    notApps,
  };
  return { ...rule, ...(name && { name }) };
}

function valueOf(options: readonly Option[], key: string): string {
  return options.find((option) => option.key === key)?.value ?? '';
}

/** The options, or what is wrong with them. */
function said(body: string): readonly Option[] | string {
  const options = optionsIn(body);
  const strange = options.find(({ key }) => !known.has(key));
  if (strange !== undefined) return `unknown keyword ${strange.key}`;
  const sid = valueOf(options, 'sid');
  return /^\d+$/.test(sid) && Number(sid) >= 1 && Number(sid) <= 4_294_967_294 ? options : 'sid';
}

interface Option {
  readonly key: string;
  readonly value: string;
}

/** Split at every `;` that has no backslash before it. */
function optionsIn(body: string): readonly Option[] {
  return body
    .split(/(?<!\\);/)
    .slice(0, -1)
    .map((option) => {
      const at = option.indexOf(':');
      return at < 0
        ? { key: option.trim(), value: '' }
        : { key: option.slice(0, at).trim(), value: option.slice(at + 1).trim() };
    });
}

function nameIn(options: readonly Option[], protocol: string): NameMatch | string | undefined {
  const at = options.findIndex(({ key }) => buffers[key] !== undefined);
  const buffer = options[at]?.key ?? '';
  if (at < 0) return options.some(({ key }) => key === 'content') ? 'content without a buffer' : undefined;
  if (buffers[buffer] !== protocol) return `${buffer} with ${protocol}`;
  // Every request has headers.
  if (buffer === 'http.header_names') return undefined;
  const has = (key: string): boolean => options.some((option) => option.key === key);
  if (has('pcre')) return patternIn(valueOf(options, 'pcre'), buffer);
  const content = /^"([^"|;\\]+)"$/.exec(options.slice(at).find(({ key }) => key === 'content')?.value ?? '')?.[1];
  if (content === undefined) return 'content';
  if (buffer === 'http.host' && (has('nocase') || content !== content.toLowerCase()))
    return 'http.host is in lower case';
  const before = options.slice(
    at,
    options.findIndex(({ key }) => key === 'content'),
  );
  return {
    buffer,
    content,
    startsWith: has('startswith'),
    endsWith: has('endswith'),
    ignoresCase: has('nocase'),
    dotPrefix: before.some(({ key }) => key === 'dotprefix'),
  };
}

/** AWS allows expressions beside few buffers only, of which these are known here. */
function patternIn(value: string, buffer: string): NameMatch | string {
  const [, pattern, flags = ''] = /^"\/([^";]+)\/(i?)"$/.exec(value) ?? [];
  if (pattern === undefined) return 'pcre';
  if (buffer !== 'http.host' && buffer !== 'tls.sni') return `pcre with ${buffer}`;
  const plain = { content: '', startsWith: false, endsWith: false, dotPrefix: false, ignoresCase: flags === 'i' };
  try {
    return { buffer, ...plain, pattern: new RegExp(pattern, flags) };
  } catch {
    return 'pcre';
  }
}
