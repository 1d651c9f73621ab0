import { portRanges } from '../../../kit/common/rules/ports.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/net/name.ts';
import type { Line } from '../objects/line.ts';
import { isOf, type Family } from '../../../kit/common/groups/parts.ts';

type Form = Omit<Line, 'reference' | 'action'>;

/**
 * Where a rule leads, as the forms that say so for sources of these families.
 *
 * @param longest characters of networks in one line
 */
export function destinationForms(rule: Rule, families: readonly Family[], longest: number): readonly Form[] {
  const { any, names, networks } = rule.destination;
  const own = networks.filter((network) => families.some((family) => isOf(family, network)));
  const targets = any ? ['any'] : lists(own, longest);
  return [
    ...targets.flatMap((target) => addressForms(rule, target)),
    ...(any ? [] : names.flatMap((name) => nameForms(rule, name))),
  ];
}

function addressForms(rule: Rule, destination: string): readonly Form[] {
  const every = rule.ports.length === 0;
  const isLate = rule.action === 'Deny' && isForEveryNetwork(rule.destination);
  const form = (protocol: Form['protocol'], ports: string): Form => ({ protocol, destination, ports, match: [] });
  const tcp = (ports: string): readonly Form[] => (isLate ? lateForms(destination, ports) : [form('tcp', ports)]);
  if (every) return [...tcp('any'), form('udp', 'any'), form('icmp', 'any')];
  return (['TCP', 'UDP'] as const).flatMap((protocol) => {
    const ports = portsOf(rule, protocol);
    if (ports === undefined) return [];
    return protocol === 'TCP' ? tcp(ports) : [form('udp', ports)];
  });
}

export function isForEveryNetwork({ any, networks }: Rule['destination']): boolean {
  return any || networks.some((network) => network.endsWith('/0'));
}

/**
 * What is denied everywhere is denied once the client has spoken, as the policy's default action does it: earlier, and no
 * rule above that accepts a name would ever see one.
 */
function lateForms(destination: string, ports: string): readonly Form[] {
  const isNeither = ['app-layer-protocol:!tls', 'app-layer-protocol:!http'];
  return [
    { protocol: 'tls', destination, ports, match: ['ssl_state:client_hello'] },
    { protocol: 'http', destination, ports, match: ['http.header_names', 'content:"|0d 0a|"'] },
    { protocol: 'tcp', destination, ports, match: isNeither, established: true },
  ];
}

/** What is said when a client asks for the name: the server name of TLS and QUIC, the host of HTTP. */
function nameForms(rule: Rule, name: string): readonly Form[] {
  const every = rule.ports.length === 0;
  const denies = rule.action === 'Deny';
  const form = (protocol: Said, ports: string, said = name): Form => ({
    protocol,
    destination: 'any',
    ports,
    match: denies && protocol !== 'quic' ? deniedMatch(protocol, name) : nameMatch(protocol, said),
  });
  const tls = every ? 'any' : portsOf(spoken(rule, denies ? undefined : 'tls'), 'TCP');
  const http = every ? 'any' : portsOf(spoken(rule, denies ? undefined : 'http'), 'TCP');
  const quic =
    every ||
    rule.ports.some(({ protocol, port, endPort = port }) => protocol === 'UDP' && port <= 443 && endPort >= 443);
  return [
    ...(tls === undefined ? [] : [form('tls', tls)]),
    ...(http === undefined ? [] : [form('http', http)]),
    ...(quic ? [form('quic', '443')] : []),
    ...(quic && denies ? [form('quic', '443', `${name}.`)] : []),
  ];
}

/** In what a client says a name. */
type Said = 'tls' | 'http' | 'quic';
const buffers: Readonly<Record<Said, string>> = { tls: 'tls.sni', http: 'http.host', quic: 'quic.sni' };

/** Only the ports on which this may be spoken. */
function spoken(rule: Rule, app: 'tls' | 'http' | undefined): Rule {
  const speaks = { tls: ['tls', 'https', undefined], http: ['http', undefined] } as const;
  if (app === undefined) return rule;
  return {
    ...rule,
    ports: rule.ports.filter(({ appProtocol }) =>
      (speaks[app] as readonly (string | undefined)[]).includes(appProtocol),
    ),
  };
}

function nameMatch(protocol: Said, name: string): readonly string[] {
  const content = isWildcard(name) ? name.slice(1) : name;
  return [
    buffers[protocol],
    `content:"${content}"`,
    ...(isWildcard(name) ? [] : ['startswith']),
    'endswith',
    ...(protocol === 'http' ? [] : ['nocase']),
  ];
}

/**
 * In any case and with or without the dot of the root, which servers take for the same name: the engine itself does not make
 * all ways to write a name one, and takes no `nocase` for a host. AWS allows `pcre` with `http.host` and `tls.sni`, and not with
 * `quic.sni` ("Limitations and caveats for stateful rules"), which has a line for each way.
 */
function deniedMatch(protocol: Said, name: string): readonly string[] {
  const pattern = (isWildcard(name) ? name.slice(1) : `^${name}`).replaceAll('.', String.raw`\.`);
  return [buffers[protocol], String.raw`pcre:"/${pattern}\.?$/i"`];
}

/** `443`, `[443,8000:9000]`; undefined: there are none of this protocol. */
function portsOf(rule: Pick<Rule, 'ports'>, protocol: 'TCP' | 'UDP'): string | undefined {
  const ranges = portRanges(rule, protocol).map((range) => range.replace('-', ':'));
  if (ranges.length === 0) return undefined;
  return ranges.length === 1 ? ranges[0] : `[${ranges.join(',')}]`;
}

function lists(networks: readonly string[], longest: number): readonly string[] {
  const texts: string[][] = [];
  let length = Infinity;
  for (const network of networks) {
    if (length + network.length > longest) {
      texts.push([]);
      length = 0;
    }
    texts.at(-1)?.push(network);
    length += network.length + 1;
  }
  return texts.map((text) => `[${text.join(',')}]`);
}

/** What of a rule with names cannot be said. */
export function nameLosses(rule: Rule): readonly Loss[] {
  const { id, action, destination, ports } = rule;
  if (destination.any || destination.names.length === 0) return [];
  if (action === 'Deny') {
    const message =
      'A name is recognised where the client says it (TLS, QUIC, HTTP): a client that hides it meets the rules below. Deny the networks too, where it matters.';
    return [{ effect: 'approximate', id, code: 'deny-name-as-said', message }];
  }
  const unseen = ports.filter(({ appProtocol, protocol, port, endPort = port }) =>
    protocol === 'UDP' ? port > 443 || endPort < 443 : appProtocol === 'tcp',
  );
  if (unseen.length === 0) return [];
  const told = unseen.map(({ port, protocol }) => `${protocol} ${port}`).join(', ');
  const message = `Names are recognised in TLS, HTTP and QUIC on UDP 443 only, so that ${told} is left out for ${destination.names.join(', ')}; name the networks for it.`;
  return [{ effect: 'narrowed', id, code: 'name-needs-tls-or-http', message }];
}
