import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Drift, Harness } from '../../../test/kit/harness.ts';
import type { GcpSimulator } from '../simulator/simulator.ts';
import { text, texts } from '../../../kit/simulator/json-values.ts';
import { matchOf, names, withGroup, withPolicy, type Policy, type State } from '../simulator/state.ts';

/** A simulated project, and the hands of another administrator in it. */
export function harness(simulator: GcpSimulator, config: JsonObject = {}): Harness {
  return {
    simulator,
    config: { ...simulator.config, ...config },
    secret: { 'credentials.json': simulator.credentials['credentials.json'] ?? '', 'ca.crt': simulator.ca },
    plantForeign: () => {
      simulator.edit((state) => withGroup(withRule(state, theirRule), theirGroup, theirAddresses));
      return () => {
        const { groups } = simulator.state;
        return {
          rule: policyIn(simulator.state).rules.get(Number(theirRule['priority'])),
          group: groups.get(theirGroup),
        };
      };
    },
    collide: ({ kind, name }) =>
      simulator.edit((state) =>
        kind === 'address-group'
          ? withGroup(state, `global/${name}`, { ...theirAddresses, name })
          : withRule(state, { ...theirRule, ruleName: name }),
      ),
    edit: (drift) => simulator.edit((state) => withPolicy(state, { ...policyIn(state), rules: edited(state, drift) })),
    refuse: ({ kind, name }) =>
      simulator.refuse(kind === 'address-group' ? `addressGroups/${name}/` : `rules/${name}/`),
    comparable,
  };
}

/** The policy that there is. */
export function policyIn({ policies }: State): Policy {
  const found = [...policies.values()].find(({ name }) => name === names.policy);
  if (found === undefined) throw new Error('the policy is gone');
  return found;
}

export function withRule(state: State, rule: JsonObject): State {
  const policy = policyIn(state);
  return withPolicy(state, { ...policy, rules: new Map(policy.rules).set(Number(rule['priority']), rule) });
}

/** Of ours the numbers of priorities may differ; the order of all may not. */
function comparable(dump: Readonly<Record<string, unknown>>): unknown {
  const { policies, groups } = dump as {
    policies: Readonly<Record<string, { rules: readonly JsonObject[] }>>;
    groups: unknown;
  };
  const shown = Object.values(policies).map(({ rules, ...rest }) => ({
    ...rest,
    rules: rules.map(({ priority, ...rule }) => (isOurs(rule) ? rule : { priority: priority ?? 0, ...rule })),
  }));
  return { policies: shown, groups };
}

export function isOurs(rule: JsonObject): boolean {
  return text(rule['description']).startsWith('managed-by=postern');
}

const theirRule: JsonObject = {
  priority: 50_000,
  ruleName: 'office-out',
  description: 'the office',
  direction: 'EGRESS',
  action: 'allow',
  match: { srcIpRanges: ['192.168.0.0/16'], destIpRanges: ['0.0.0.0/0'], layer4Configs: [{ ipProtocol: 'all' }] },
};
const theirGroup = 'global/office';
const theirAddresses: JsonObject = {
  name: `projects/${names.project}/locations/global/addressGroups/office`,
  type: 'IPV4',
  capacity: 10,
  items: ['192.168.0.0/16'],
};

type Rules = ReadonlyMap<number, JsonObject>;

function edited(state: State, drift: Drift): Rules {
  const { rules } = policyIn(state);
  const ours = [...rules.values()].filter(isOurs).sort((a, b) => Number(a['priority']) - Number(b['priority']));
  const deny = ours.find((rule) => rule['action'] === 'deny');
  const accept = ours.find((rule) => rule['action'] === 'allow');
  const several = ours.find((rule) => rule['action'] === 'allow' && sourcesOf(rule).length > 1);
  const changed = (rule: JsonObject | undefined, edit: (rule: JsonObject) => JsonObject): Rules =>
    rule === undefined ? rules : new Map(rules).set(Number(rule['priority']), edit(rule));
  const withMatch = (rule: JsonObject, match: JsonObject): JsonObject => ({
    ...rule,
    match: { ...matchOf(rule), ...match },
  });
  switch (drift) {
    case 'member-added':
      return changed(several, (rule) => withMatch(rule, { srcIpRanges: [...sourcesOf(rule), '10.0.0.99/32'] }));
    case 'member-removed':
      return changed(several, (rule) => withMatch(rule, { srcIpRanges: sourcesOf(rule).slice(1) }));
    case 'rule-disabled':
      return changed(deny, (rule) => ({ ...rule, disabled: true }));
    case 'rule-widened':
      return changed(accept, (rule) => withMatch(rule, { destIpRanges: ['0.0.0.0/0'] }));
    case 'rule-moved': {
      const places = ours.map(({ priority }) => Number(priority));
      const moved = new Map(rules);
      for (const [at, rule] of ours.toReversed().entries())
        moved.set(places[at] ?? 0, { ...rule, priority: places[at] ?? 0 });
      return moved;
    }
    case 'rule-deleted': {
      const left = new Map(rules);
      left.delete(Number(deny?.['priority']));
      return left;
    }
  }
}

function sourcesOf(rule: JsonObject): readonly string[] {
  return texts(matchOf(rule)['srcIpRanges']);
}
