import type { ObjectAt } from '../../core/audit/history.ts';
import type { AuditPolicy, AuditRule } from '../../core/audit/record.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import { nameCovers } from '../../net/name.ts';
import type { AskedFlow } from '../../verify/why/step.ts';
import type { AddressesThen } from './policies-then.ts';
import type { RecordedState } from './recorded-state.ts';
import { rulesInOrder } from './rules-in-order.ts';

/** What a point had on its device for a flow, by its record. */
export interface VerdictThen {
  readonly point: string;
  readonly verdict: 'Accept' | 'Deny' | 'Unknown';
  /** The rule that decides it, or that may; null where none does. */
  readonly rule: { readonly title: string; readonly policies: readonly AuditPolicy[]; readonly since: string } | null;
  readonly reason: string;
}

type Recorded = Pick<RecordedState, 'byId' | 'rankOf' | 'uncertain'>;
type Match = 'yes' | 'no' | 'maybe';

/** @param addresses of the pod then */
export function verdictThen(point: string, state: Recorded, addresses: AddressesThen, flow: AskedFlow): VerdictThen {
  const rules = rulesInOrder(state).map((object) => ({
    object,
    match: matchOf(object.rule, state, addresses, flow),
  }));
  const matching = rules.filter(({ match }) => match !== 'no');
  const [first] = matching;
  if (state.uncertain.length > 0)
    return {
      point,
      verdict: 'Unknown',
      rule: null,
      reason: 'a write was in progress then, and its result was not known',
    };
  if (first === undefined) return { point, verdict: 'Deny', rule: null, reason: 'no rule on record permits it' };
  const deciding = matching.findIndex(({ match }) => match === 'yes');
  const candidates = deciding < 0 ? matching : matching.slice(0, deciding + 1);
  const rule = ruleOf((deciding < 0 ? first : (matching[deciding] ?? first)).object);
  const actions = new Set(candidates.map(({ object }) => object.rule.action));
  const isOrdered =
    new Set(matching.map(({ object }) => object.rule.action)).size < 2 ||
    matching.every(({ object }) => state.rankOf(object) !== undefined);
  if (deciding < 0 || actions.size > 1)
    return {
      point,
      verdict: 'Unknown',
      rule,
      reason:
        'whether it matches depends on what a name resolved to, on group members, or on the pod behind an address',
    };
  if (!isOrdered) return { point, verdict: 'Unknown', rule, reason: 'the order of the rules is not on record' };
  const [verdict = 'Deny'] = actions;
  return { point, verdict, rule, reason: 'the first rule that matches' };
}

function ruleOf({ title, name, policies, since }: ObjectAt): VerdictThen['rule'] {
  return { title: title || name, policies, since };
}

function matchOf(rule: AuditRule, state: Recorded, addresses: AddressesThen, flow: AskedFlow): Match {
  if (!throughPort(rule.ports, flow)) return 'no';
  return both(sourceMatch(rule, state, addresses), destinationMatch(rule.destination, flow));
}

function both(a: Match, b: Match): Match {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'yes' && b === 'yes' ? 'yes' : 'maybe';
}

/** A group that is not on record, or not with all its members, may have held it. */
function sourceMatch({ sources }: AuditRule, { byId }: Recorded, { own, shared }: AddressesThen): Match {
  const groups = sources.map((id) => byId.get(id) ?? []);
  const holds = (addresses: readonly string[]): boolean =>
    groups.flat().some(({ members }) => addresses.some((address) => isIn(members, address)));
  if (holds(own)) return 'yes';
  if (holds(shared)) return 'maybe';
  return groups.some((objects) => objects.length === 0 || objects.some(({ exact }) => !exact)) ? 'maybe' : 'no';
}

function isIn(members: ReadonlySet<string>, text: string): boolean {
  if (members.has(text)) return true;
  return [...members].some((member) => member.includes('/') && isWithin(member, text));
}

function isWithin(network: string, text: string): boolean {
  const [cidr, address] = [parseCidr(network), parseAddress(text)];
  return cidr !== undefined && address !== undefined && containsCidr(cidr, address);
}

/** What a name stood for is on no record: a name and a network may have met. */
function destinationMatch({ any, names, networks }: AuditRule['destination'], flow: AskedFlow): Match {
  if (any) return 'yes';
  const { host, address } = flow;
  if (host !== undefined && names.some((name) => nameCovers(name, host))) return 'yes';
  if (address !== undefined && networks.some((network) => isWithin(network, address))) return 'yes';
  return (host === undefined ? names : networks).length > 0 ? 'maybe' : 'no';
}

/** As the record writes them: `TCP 443, UDP 5000-5010`, or `any port`. */
function throughPort(ports: string, { port, protocol }: AskedFlow): boolean {
  if (ports === 'any port') return true;
  return ports.split(', ').some((range) => {
    const [, transport, from, to] = /^(\w+) (\d+)(?:-(\d+))?$/.exec(range) ?? [];
    return transport === protocol && Number(from) <= port && port <= Number(to ?? from);
  });
}
