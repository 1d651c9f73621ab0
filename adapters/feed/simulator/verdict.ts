import { BlockList, isIP } from 'node:net';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { Behaviour } from './behaviour.ts';
import type { Lists, Row } from './reading.ts';

/** What a consumer goes by: the rules that were taken over from the list of rules, and the lists as it has them. */
export interface Tables {
  readonly rows: readonly Row[];
  readonly lists: Lists;
}

/** The first rule that matches decides; what none matches is denied. A list that it does not have is empty. */
export function verdictOf({ rows, lists }: Tables, flow: SimulatedFlow, { names }: Behaviour): SimulatedVerdict {
  const entriesOf = (path: string | undefined): readonly string[] => lists.get(path ?? '') ?? [];
  const leadsThere = ({ destinations }: Row): boolean => {
    if (destinations === 'any') return true;
    if (reaches(entriesOf(destinations.addresses), flow)) return true;
    const named = names === 'none' ? [] : entriesOf(destinations[names]);
    return flow.host !== undefined && named.some((entry) => namesHost(entry, flow.host ?? ''));
  };
  const serves = ({ ports }: Row): boolean =>
    ports.length === 0 ||
    ports.some(
      ({ protocol, port, endPort = port }) => protocol === flow.protocol && port <= flow.port && flow.port <= endPort,
    );
  const found = rows.find(
    (row) => serves(row) && row.sources.some((path) => holds(entriesOf(path), flow.src)) && leadsThere(row),
  );
  return found ? { action: found.action, rule: found.name } : { action: 'Deny', rule: 'implicit' };
}

function reaches(entries: readonly string[], { src, dst }: SimulatedFlow): boolean {
  if (dst !== undefined) return holds(entries, dst);
  // A name resolves to some address of the source's family.
  return entries.includes(isIP(src) === 6 ? '::/0' : '0.0.0.0/0');
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function holds(entries: readonly string[], address: string): boolean {
  if (entries.includes(address)) return true;
  const networks = entries.filter((entry) => entry.includes('/'));
  if (networks.length === 0) return false;
  const block = new BlockList();
  for (const network of networks) {
    const [start = '', prefix = ''] = network.split('/');
    block.addSubnet(start, Number(prefix), family(start));
  }
  return block.check(address, family(address));
}

/** `*.example.com/` is one or more labels below, not the apex; without a wildcard it is the name alone. */
function namesHost(entry: string, host: string): boolean {
  const name = entry.replace(/\/.*$/, '').toLowerCase();
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) && host.length > name.length - 1 : host === name;
}
