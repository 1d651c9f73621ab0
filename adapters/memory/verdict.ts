import type { SimulatedFlow, SimulatedVerdict } from '../../kit/simulator/simulator.ts';
import { parseAddress } from '../../src/net/address.ts';
import { containsCidr, parseCidr } from '../../src/net/cidr.ts';
import { nameCovers } from '../../src/net/name.ts';
import type { Tables } from './device.ts';
import type { NativeRule } from './native.ts';

/** The data plane: the first enabled rule that matches decides, and what none matches is denied. */
export function verdict({ group, rule: rules }: Tables, flow: SimulatedFlow): SimulatedVerdict {
  const around = new Set(
    group.filter(({ members }) => members.some((member) => holds(member, flow.src))).map(({ name }) => name),
  );
  const rule = rules.find((candidate) => candidate.enabled && matches(candidate, around, flow));
  return rule ? { action: rule.action, rule: rule.name } : { action: 'Deny', rule: 'implicit' };
}

function matches({ sources, to, services }: NativeRule, around: ReadonlySet<string>, flow: SimulatedFlow): boolean {
  return (
    (sources.length === 0 || sources.some((source) => around.has(source))) &&
    to.some((destination) => leadsTo(destination, flow)) &&
    services.some((service) => serves(service, flow))
  );
}

function leadsTo(destination: string, { src, dst, host }: SimulatedFlow): boolean {
  if (destination === 'any') return true;
  if (host !== undefined && nameCovers(destination, host)) return true;
  if (dst !== undefined) return holds(destination, dst);
  return destination.endsWith('/0') && holds(destination, src); // a name resolves to some address of the source's family
}

/** Is an address in a network, or the same address? */
function holds(outer: string, inner: string): boolean {
  const address = parseAddress(inner);
  const network = parseCidr(outer);
  if (address && network) return containsCidr(network, address);
  return outer === inner;
}

function serves(service: string, { port, protocol }: SimulatedFlow): boolean {
  if (service === 'any') return true;
  const [over, range = ''] = service.split('/');
  const [first, last = first] = range.split('-').map(Number);
  return over === protocol && first !== undefined && last !== undefined && first <= port && port <= last;
}
