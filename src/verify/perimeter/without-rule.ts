import type { Verdict } from '../../core/model/desired.ts';
import type { DeviceTable, TablePort, TableRule } from '../../core/model/table.ts';
import type { NetworkSet } from '../../net/network-set.ts';
import { classesOf, Matcher, type FlowClass } from './flow-classes.ts';

/*
 * May a rule of others go without any flow meeting another verdict? Proved on the device's own table, for every source,
 * destination and port, and whatever those rules do of which nobody here can tell whether they match.
 */

/**
 * @param name of a rule of others, which may stand in several places of the table
 * @param spare addresses that nobody has
 * @returns a flow that would meet something else without it, and what; undefined: there is none
 */
export function differenceWithout(
  { rules, fallback }: DeviceTable,
  name: string,
  spare: NetworkSet,
): string | undefined {
  const rest = rules.map((rule) => new Matcher(rule));
  for (const [at, { rule }] of rest.entries()) {
    if (rule.name !== name || rule.foreign === undefined) continue;
    const others = (part: readonly Matcher[]): readonly Matcher[] => part.filter((one) => one.rule.name !== name);
    const [above, below] = [others(rest.slice(0, at)), others(rest.slice(at + 1))];
    const classes = classesOf(rule, [...above, ...below], spare);
    if (classes === undefined) return 'it is about too much for a proof: leave it, or divide it on the device';
    for (const flow of classes) {
      if (above.some((one) => one.matches(flow) === 'yes')) continue;
      const otherwise = outcomes(below, fallback, flow);
      if (otherwise.size > 1 || !otherwise.has(rule.action) || rule.inspected !== undefined)
        return `${textOf(flow)}: ${worded(rule, otherwise)}`;
    }
  }
  return undefined;
}

/** What may decide about a flow, and how. @param below in the order in which they are asked */
function outcomes(below: readonly Matcher[], fallback: Verdict, flow: FlowClass): ReadonlySet<Verdict | 'unseen'> {
  const found = new Set<Verdict | 'unseen'>();
  // What is about no TCP and no UDP at all is not in the table.
  if (flow.through === 'other') return found.add('unseen');
  for (const one of below) {
    const match = one.matches(flow);
    if (match === 'no') continue;
    found.add(one.rule.action);
    if (one.rule.inspected !== undefined) found.add('Deny');
    if (match === 'yes') return found;
  }
  return found.add(fallback);
}

/** `TCP 443 from 10.7.0.9/32 to 203.0.113.0/24`: of a set the first network. */
function textOf({ sources, to, through }: FlowClass): string {
  const what = through === 'other' ? 'what is neither TCP nor UDP' : portText(through);
  const where = typeof to === 'string' ? to : (to.networks()[0] ?? '');
  return `${what} from ${sources.networks()[0] ?? ''} to ${where}`;
}

function portText({ protocol, port, endPort = port }: TablePort): string {
  return `${protocol} ${port}${endPort === port ? '' : `-${endPort}`}`;
}

function worded({ action, inspected }: TableRule, otherwise: ReadonlySet<string>): string {
  if (inspected !== undefined) return `it is inspected here (${inspected}), and would not be without it`;
  if (otherwise.has('unseen')) return `${action} now; what decides about it without this rule is not known here`;
  const without = otherwise.size > 1 ? 'Accept or Deny (it cannot be determined)' : [...otherwise].join();
  return `${action} now, and ${without} without it`;
}
