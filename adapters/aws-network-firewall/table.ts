import { inOneOrder } from '../../kit/common/rules/in-one-order.ts';
import { inPlace, tablePort } from '../../kit/common/rules/reading.ts';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TablePort, TableRule } from '../../src/core/model/table.ts';
import { everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import type { AwsConfig } from './config.ts';
import { foreignRules } from './foreign-table.ts';
import { filtersOf, type Filter } from './objects/resources.ts';

/*
 * What Network Firewall does with Suricata rules, from the user guide of Suricata ("Rules Format", "SSL/TLS Keywords",
 * "HTTP Keywords") and AWS's developer guide ("Evaluation order for stateful rule groups"), for those who check what is
 * there. It knows nothing of how the rules came to be.
 */

/**
 * Line by line in strict order, rule groups of others between ours. What a line of ours accepts in a way that is not
 * understood is taken to be everything.
 */
export function table(
  resources: readonly Resource[],
  { config }: Pick<LowerContext<Pick<AwsConfig, 'containers'>>, 'config'>,
  others: readonly Resource[] = [],
): DeviceTable {
  const holders = new Map(resources.map((resource) => [tail(resource.name), heldBy(resource, config.containers)]));
  const ours = inPlace(resources, 'rule').map(({ name, spec, desiredId }) =>
    ((spec['lines'] ?? []) as readonly string[]).flatMap((line) =>
      tableRules(line, holders).map((rule) => ({ name, ...rule, ...(desiredId !== undefined && { desiredId }) })),
    ),
  );
  const theirs = others.map(({ position = 0, ...group }) => ({ behind: position, rules: foreignRules(group) }));
  return { rules: inOneOrder(ours, theirs), fallback: 'Deny' };
}

/** `a4-0a1b2c3d4e5f` of `pn-east-1a2b3c-a4-0a1b2c3d4e5f`: what a reference says in its own letters. */
function tail(name: string): string {
  return /[ad][46c]-[0-9a-f]{12}(-[0-9a-f]+)?$/.exec(name)?.[0] ?? name;
}

type Held = Pick<TableRule, 'sources' | 'pods'>;

/** What a reference stands for; undefined: not known. */
function heldBy(resource: Resource, containers: AwsConfig['containers']): Held | undefined {
  const { kind, members, spec } = resource;
  if (kind !== 'container-association') return members && { sources: members };
  const filters = filtersOf(resource);
  const isNamespace = ({ key }: Filter): boolean => key === containers?.namespaceKey;
  const namespace = filters.find(isNamespace)?.value;
  if (namespace === undefined || spec['cluster'] !== containers?.cluster) return undefined;
  const labels = filters.filter((filter) => !isNamespace(filter)).map(({ key, value }) => [key, value] as const);
  return { sources: [], pods: [{ namespaces: [namespace], podSelector: { matchLabels: Object.fromEntries(labels) } }] };
}

const shape = /^(pass|drop|reject) (tcp|udp|icmp|ip|tls|http|quic) [@$](\S+) any -> (\S+) (\S+) \((.*)\)$/;

function tableRules(line: string, holders: ReadonlyMap<string, Held | undefined>): readonly Omit<TableRule, 'name'>[] {
  const understood = headerOf(line);
  // Neither ports nor names are said of ICMP here.
  if (understood?.protocol === 'icmp') return [];
  const accepts = line.startsWith('pass ');
  const action = accepts ? 'Accept' : 'Deny';
  const held = understood && holders.get(understood.reference.toLowerCase().replaceAll('_', '-'));
  const to = understood && destinationOf(understood);
  if (understood && held && to) return [{ action, ...held, destination: to, ports: portsOf(understood) }];
  return accepts ? [{ action, ...(held ?? { sources: everywhere }), destination: to ?? anywhere, ports: [] }] : [];
}

type Header = Readonly<Record<'protocol' | 'reference' | 'destination' | 'ports' | 'options', string>>;

function headerOf(line: string): Header | undefined {
  const found = shape.exec(line);
  if (found === null) return undefined;
  const [, , protocol = '', reference = '', destination = '', ports = '', options = ''] = found;
  return { protocol, reference, destination, ports, options };
}

function destinationOf({ protocol, destination, options }: Header): Destination | undefined {
  const isName = ['tls', 'http', 'quic'].includes(protocol);
  if (isName) {
    if (destination !== 'any') return undefined;
    const host = /^.*\b(?:http\.host|tls\.sni); pcre:"\/([^"]+)\\\.\?\$\/i"/.exec(options)?.[1];
    if (host !== undefined) return hostDestination(host);
    const [, content = '', rest = ''] = /content:"([^"]+)"; ([^"]*)/.exec(options) ?? [];
    // A name with the dot of the root is not how clients usually say it.
    if (!/\bendswith\b/.test(rest) || /\bdotprefix\b/.test(options) || content.endsWith('.')) return undefined;
    if (/\bstartswith\b/.test(rest)) return { any: false, names: [content], networks: [] };
    return content.startsWith('.') ? { any: false, names: [`*${content}`], networks: [] } : undefined;
  }
  if (destination === 'any') return anywhere;
  const networks = destination.replace(/^\[|\]$/g, '').split(',');
  return networks.some((network) => /[!$@]/.test(network)) ? undefined : { any: false, names: [], networks };
}

/** `^api\.example\.com`, `\.example\.com`: of any other expression nothing is known. */
function hostDestination(pattern: string): Destination | undefined {
  if (!/^\^?(\\\.)?[a-z0-9_-]+(\\\.[a-z0-9_-]+)*$/.test(pattern)) return undefined;
  const text = pattern.replaceAll('\\.', '.');
  if (text.startsWith('^.')) return undefined;
  if (text.startsWith('^')) return { any: false, names: [text.slice(1)], networks: [] };
  return text.startsWith('.') ? { any: false, names: [`*${text}`], networks: [] } : undefined;
}

/** Empty for every port; a rule of one protocol is about the ports of that. */
function portsOf({ protocol, ports }: Header): readonly TablePort[] {
  if (protocol === 'ip' && ports === 'any') return [];
  const over: TablePort['protocol'] = protocol === 'udp' || protocol === 'quic' ? 'UDP' : 'TCP';
  const ranges = ports === 'any' ? ['0:65535'] : ports.replace(/^\[|\]$/g, '').split(',');
  return ranges.map((range) => tablePort(range, over));
}
