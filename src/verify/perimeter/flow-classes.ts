import type { TablePort, TableRule } from '../../core/model/table.ts';
import { asNetwork, everywhere } from '../../net/cidr.ts';
import { NetworkSet } from '../../net/network-set.ts';

/** Flows that every rule treats alike. */
export interface FlowClass {
  readonly sources: NetworkSet;
  /** A name, whose addresses only the device knows, or addresses. */
  readonly to: string | NetworkSet;
  /** Of no port: every protocol but TCP and UDP. */
  readonly through: TablePort | 'other';
}

/** Kinds of flow that are looked at one by one: more take minutes, and so broad a rule is for people to judge. */
const mostClasses = 50_000;

/** One rule, and what it does with a class of flows. */
export class Matcher {
  readonly rule: TableRule;
  readonly sources: NetworkSet;
  readonly networks: NetworkSet;

  constructor(rule: TableRule) {
    this.rule = rule;
    this.sources = NetworkSet.of(rule.sources.map(asNetwork));
    const { any, networks } = rule.destination;
    this.networks = NetworkSet.of(any ? everywhere : networks.map(asNetwork));
  }

  matches({ sources, to, through }: FlowClass): 'yes' | 'no' | 'perhaps' {
    const { rule } = this;
    const from = rule.pods !== undefined ? 'perhaps' : this.sources.covers(sources) ? 'yes' : 'no';
    const all = [from, this.#leadsTo(to), isThrough(rule.ports, through) ? 'yes' : 'no'];
    if (all.includes('no')) return 'no';
    return rule.doubt !== undefined || all.includes('perhaps') ? 'perhaps' : 'yes';
  }

  /** Which addresses a name stands for is not known: they may be among those of any rule. */
  #leadsTo(to: FlowClass['to']): 'yes' | 'no' | 'perhaps' {
    const { any, names, networks } = this.rule.destination;
    if (any) return 'yes';
    if (typeof to === 'string')
      return names.includes(to) ? 'yes' : names.length + networks.length > 0 ? 'perhaps' : 'no';
    if (this.networks.covers(to)) return 'yes';
    return names.length > 0 ? 'perhaps' : 'no';
  }
}

/** Every flow of a rule in classes; undefined: they are too many. */
export function classesOf(
  rule: TableRule,
  others: readonly Matcher[],
  spare: NetworkSet,
): readonly FlowClass[] | undefined {
  const { any, names, networks } = rule.destination;
  const found: FlowClass[] = [];
  for (const family of everywhere.map((all) => NetworkSet.of([all]))) {
    const from = family.intersect(NetworkSet.of(rule.sources.map(asNetwork))).without(spare);
    const to = family.intersect(NetworkSet.of(any ? everywhere : networks.map(asNetwork)));
    const meeting = others.filter((one) => one.rule.pods !== undefined || !one.sources.intersect(from).isEmpty);
    const [theirSources, theirNetworks] = [meeting.map((one) => one.sources), meeting.map((one) => one.networks)];
    const sources = divided(from, theirSources);
    const targets = [...divided(to, theirNetworks), ...(from.isEmpty ? [] : names)];
    const theirPorts = meeting.flatMap((one) => one.rule.ports);
    const ports = portsOf(rule.ports, theirPorts);
    if (found.length + sources.length * targets.length * ports.length > mostClasses) return undefined;
    for (const one of sources)
      for (const target of targets) for (const through of ports) found.push({ sources: one, to: target, through });
  }
  return found;
}

/** The parts of a set of which each lies in every other set as a whole or not at all. */
function divided(whole: NetworkSet, by: readonly NetworkSet[]): readonly NetworkSet[] {
  let parts = whole.isEmpty ? [] : [whole];
  for (const set of by)
    parts = parts.flatMap((part) => [part.intersect(set), part.without(set)].filter((one) => !one.isEmpty));
  return parts;
}

const lastPort = 65_535;

/** The ports of a rule, divided where those of others begin or end. */
function portsOf(own: readonly TablePort[], others: readonly TablePort[]): readonly FlowClass['through'][] {
  const whole = (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, port: 1, endPort: lastPort }));
  const parts = (own.length === 0 ? whole : own).flatMap((range) => {
    const { protocol, port, endPort = port } = range;
    const ends = others
      .filter((one) => one.protocol === protocol)
      .flatMap((one) => [one.port, (one.endPort ?? one.port) + 1]);
    const starts = [...new Set([port, ...ends.filter((at) => at > port && at <= endPort)])].sort((a, b) => a - b);
    return starts.map((at, n) => ({ protocol, port: at, endPort: (starts[n + 1] ?? endPort + 1) - 1 }));
  });
  return own.length === 0 ? [...parts, 'other'] : parts;
}

function isThrough(ports: readonly TablePort[], through: FlowClass['through']): boolean {
  if (ports.length === 0) return true;
  if (through === 'other') return false;
  return ports.some(
    ({ protocol, port, endPort = port }) =>
      protocol === through.protocol && port <= through.port && (through.endPort ?? through.port) <= endPort,
  );
}
