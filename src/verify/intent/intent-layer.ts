import type { Answer, PodPolicies } from './intent.ts';
import { scopeText, type RuleScope } from '../flows/flow-set.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import { flowSetOf, type Probe } from '../flows/probes.ts';

/** What the intent says of every probe, per set of rules that a pod is subject to. */
export interface IntentLayer {
  /** One byte per probe: 1 is Accept. */
  readonly accepts: (policies: PodPolicies) => Uint8Array;
  readonly answer: (policies: PodPolicies, flow: Omit<Probe, 'index'>) => Answer;
}

export function intentLayer(index: ProbeIndex): IntentLayer {
  const flows = index.probes.map(flowSetOf);
  const accepted = new Map<string, Uint8Array>();
  const within = withinOnce(index);
  const judge = ({ rules, judge: ask }: PodPolicies): Uint8Array => {
    const verdicts = new Uint8Array(flows.length);
    const [first] = flows;
    // Without a rule about a flow there is only the default.
    const silent = first !== undefined && ask({ to: { addresses: [] }, ports: [] }).verdict === 'Accept';
    if (silent) verdicts.fill(1);
    const concerned = new Set(rules.flatMap(({ scope }) => within(scope)));
    for (const { index: at } of concerned) {
      const flow = flows[at];
      if (flow) verdicts[at] = ask(flow).verdict === 'Accept' ? 1 : 0;
    }
    return verdicts;
  };
  return {
    accepts: (policies) => {
      const known = accepted.get(policies.key) ?? judge(policies);
      accepted.set(policies.key, known);
      return known;
    },
    answer: ({ judge: ask }, flow) => ask(flowSetOf(flow)),
  };
}

/** Rules with inline destinations are many, and mostly lead to the same few. */
function withinOnce(index: ProbeIndex): (scope: RuleScope) => readonly Probe[] {
  const byScope = new Map<RuleScope, readonly Probe[]>();
  const byText = new Map<string, readonly Probe[]>();
  return (scope) => {
    const known = byScope.get(scope);
    if (known) return known;
    const text = scopeText(scope);
    const found = byText.get(text) ?? index.within(scope);
    byText.set(text, found);
    byScope.set(scope, found);
    return found;
  };
}
