import { Refusal } from '../../../kit/simulator/refusal.ts';
import { json } from '../../../kit/simulator/answers.ts';
import { withItem } from '../../../kit/simulator/held-state.ts';
import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { checkRules, tuplesOf } from './checks.ts';
import type { Operations } from './operations.ts';
import { invalid, notFound } from './refusals.ts';
import { expectShape } from './shapes.ts';
import { objects, text } from '../../../kit/simulator/json-values.ts';
import { defaultRules, keyOf, names, withPolicy, type Policy, type State } from './state.ts';

/* Network firewall policies: `networkFirewallPolicies` and `regionNetworkFirewallPolicies` of compute v1. */

export interface PolicyCall {
  readonly method: string;
  readonly scope: string;
  /** Empty: the list. */
  readonly name: string;
  /** `addRule`, ...; empty: the policy itself. */
  readonly verb: string;
  readonly query: URLSearchParams;
  readonly body: () => JsonObject;
}

export interface PolicySettings {
  readonly mostTuples: number;
  readonly pageSize: number;
  /** Policies of the organisation and its folders, with their rules. */
  readonly hierarchy: readonly JsonObject[];
}

export class Policies {
  readonly #operations: Operations;
  readonly #settings: PolicySettings;

  constructor(operations: Operations, settings: PolicySettings) {
    this.#operations = operations;
    this.#settings = settings;
  }

  /** @throws Refusal */
  answer(call: PolicyCall): SimulatedResponse {
    const { method, name, verb } = call;
    if (name === 'getEffectiveFirewalls') return this.effective(call.query.get('network') ?? '', call.scope);
    if (name === '') return method === 'POST' ? this.#insert(call) : this.#list(call);
    const policy = this.#policy(call);
    switch (`${method} ${verb}`) {
      case 'GET ':
        return json(200, this.#shown(policy));
      case 'PATCH ':
        return this.#patch(policy, call.body());
      case 'DELETE ':
        return this.#delete(policy);
      case 'GET getRule':
        return json(200, this.#shownRule(this.#rule(policy, call.query)));
      case 'POST addRule':
        return this.#addRule(policy, call);
      case 'POST patchRule':
        return this.#patchRule(policy, call);
      case 'POST removeRule':
        return this.#removeRule(policy, call);
      case 'POST addAssociation':
        return this.#associate(policy, call.body());
      default:
        throw notFound(verb);
    }
  }

  /** What a network goes by: what the organisation says, then its own policies. */
  effective(network: string, scope: string): SimulatedResponse {
    const own = [...this.#state.policies.values()].filter(
      (policy) =>
        ['global', scope].includes(policy.scope) &&
        [...policy.associations.values()].some((target) => target.endsWith(network)),
    );
    const typeOf = (policy: Policy): string => (policy.scope === 'global' ? 'NETWORK' : 'NETWORK_REGIONAL');
    return json(200, {
      firewalls: [],
      firewallPolicys: [
        ...this.#settings.hierarchy.map((policy) => ({ ...policy, type: 'HIERARCHY' })),
        ...own.map((policy) => ({ name: policy.name, type: typeOf(policy), rules: this.#shownRules(policy) })),
      ],
    });
  }

  get #state(): State {
    return this.#operations.held.now;
  }

  #policy({ scope, name }: Pick<PolicyCall, 'scope' | 'name'>): Policy {
    const found = this.#state.policies.get(keyOf({ scope, name }));
    if (found !== undefined) return found;
    throw notFound(`projects/${names.project}/${targetOf({ scope, name })}`);
  }

  #list({ scope, query }: PolicyCall): SimulatedResponse {
    const all = [...this.#state.policies.values()].filter((policy) => policy.scope === scope);
    const from = Number(query.get('pageToken') ?? 0);
    const next = from + Math.min(this.#settings.pageSize, Number(query.get('maxResults') ?? 500));
    return json(200, {
      kind: 'compute#firewallPolicyList',
      items: all.slice(from, next).map((policy) => this.#shown(policy)),
      ...(next < all.length && { nextPageToken: String(next) }),
    });
  }

  #insert({ scope, body }: PolicyCall): SimulatedResponse {
    const { rules: wanted, ...fields } = body();
    expectShape('FirewallPolicy', { ...fields, ...(wanted !== undefined && { rules: wanted }) });
    const name = text(fields['name']);
    if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      throw invalid(`Invalid value for field 'resource.name': '${name}'.`);
    const isThere = this.#state.policies.has(keyOf({ scope, name }));
    if (isThere) throw new Refusal(409, 'alreadyExists', `The resource '${name}' already exists`);
    const empty: Policy = { scope, name, fields, rules: new Map(), associations: new Map(), version: 0 };
    const rules = checkRules([...defaultRules, ...objects(wanted)], empty, this.#state, this.#settings.mostTuples);
    return this.#start(empty, (state) => withPolicy(state, { ...empty, rules }));
  }

  /** All rules at once, if the fingerprint is that of now. */
  #patch(policy: Policy, body: JsonObject): SimulatedResponse {
    expectShape('FirewallPolicy', body);
    if (body['fingerprint'] !== fingerprintOf(policy))
      throw new Refusal(412, 'conditionNotMet', 'Invalid fingerprint.');
    const rules = body['rules'] === undefined ? policy.rules : this.#checked(objects(body['rules']), policy);
    return this.#start(policy, (state) => withPolicy(state, { ...policy, rules }));
  }

  #delete(policy: Policy): SimulatedResponse {
    if (policy.associations.size > 0)
      throw new Refusal(
        400,
        'resourceInUseByAnotherResource',
        `The firewall policy '${policy.name}' is in use by a network.`,
      );
    return this.#start(policy, (state) => ({ ...state, policies: withItem(state.policies, keyOf(policy), undefined) }));
  }

  #addRule(policy: Policy, { query, body }: PolicyCall): SimulatedResponse {
    const rule = body();
    const range = [query.get('minPriority'), query.get('maxPriority')];
    const priority =
      rule['priority'] ??
      this.#freePriority(
        policy,
        range.map((bound) => Number(bound ?? NaN)),
      );
    if (rule['priority'] !== undefined && range.some((bound) => bound !== null))
      throw invalid('priority and minPriority / maxPriority are exclusive.');
    if (policy.rules.has(Number(priority)))
      throw invalid(`The firewall policy contains a rule at priority ${text(priority)} already.`);
    return this.#withRules(policy, new Map(policy.rules).set(Number(priority), { ...rule, priority }));
  }

  #freePriority({ rules }: Policy, [first = NaN, last = NaN]: readonly number[]): number {
    if (Number.isNaN(first) || Number.isNaN(last)) throw invalid("Required field 'priority' not specified");
    for (let priority = first; priority <= last; priority += 1) if (!rules.has(priority)) return priority;
    throw invalid(`There is no free priority between ${first} and ${last}.`);
  }

  #patchRule(policy: Policy, call: PolicyCall): SimulatedResponse {
    const found = this.#rule(policy, call.query);
    const { priority = found['priority'], ...changed } = call.body();
    const rules = new Map(policy.rules);
    rules.delete(Number(found['priority']));
    if (rules.has(Number(priority)))
      throw invalid(`The firewall policy contains a rule at priority ${text(priority)} already.`);
    return this.#withRules(policy, rules.set(Number(priority), { ...found, ...changed, priority: Number(priority) }));
  }

  #removeRule(policy: Policy, { query }: PolicyCall): SimulatedResponse {
    const rules = new Map(policy.rules);
    rules.delete(Number(this.#rule(policy, query)['priority']));
    return this.#withRules(policy, rules);
  }

  /** @throws Refusal 400, and not 404, for one that is not there */
  #rule({ rules }: Policy, query: URLSearchParams): JsonObject {
    const priority = Number(query.get('priority') ?? 0);
    const rule = rules.get(priority);
    if (rule === undefined) throw invalid(`The firewall policy does not contain a rule at priority ${priority}.`);
    return rule;
  }

  #associate(policy: Policy, body: JsonObject): SimulatedResponse {
    expectShape('FirewallPolicyAssociation', body);
    const associations = withItem(policy.associations, text(body['name']), text(body['attachmentTarget']));
    return this.#start(policy, (state) => withPolicy(state, { ...policy, associations }));
  }

  #withRules(policy: Policy, rules: ReadonlyMap<number, JsonObject>): SimulatedResponse {
    const checked = this.#checked([...rules.values()], policy);
    return this.#start(policy, (state) => withPolicy(state, { ...policy, rules: checked }));
  }

  #checked(rules: readonly JsonObject[], policy: Policy): ReadonlyMap<number, JsonObject> {
    const named = rules.map((rule) => `rules/${text(rule['ruleName'])}/`).join(' ');
    const marked = this.#operations.held.refusedIn(named);
    if (marked !== undefined) throw invalid(`${marked} is refused.`);
    return checkRules(rules, policy, this.#state, this.#settings.mostTuples);
  }

  #start(policy: Policy, effect: (state: State) => State): SimulatedResponse {
    return this.#operations.start({ service: 'compute', scope: policy.scope, target: targetOf(policy), effect });
  }

  #shown(policy: Policy): JsonObject {
    const { scope, name, fields, associations } = policy;
    const rules = this.#shownRules(policy);
    const selfLink = `${this.#operations.origin}/compute/v1/projects/${names.project}/${targetOf(policy)}`;
    return {
      policySource: 'USER_DEFINED',
      policyType: 'VPC_POLICY',
      ...fields,
      kind: 'compute#firewallPolicy',
      id: '1',
      name,
      fingerprint: fingerprintOf(policy),
      selfLink,
      ...(scope !== 'global' && { region: scope.slice('regions/'.length) }),
      associations: [...associations].map(([own, attachmentTarget]) => ({ name: own, attachmentTarget })),
      rules,
      ruleTupleCount: rules.reduce((sum, rule) => sum + Number(rule['ruleTupleCount']), 0),
    };
  }

  #shownRules({ rules }: Policy): readonly JsonObject[] {
    return [...rules].sort(([a], [b]) => a - b).map(([, rule]) => this.#shownRule(rule));
  }

  #shownRule(rule: JsonObject): JsonObject {
    const ruleTupleCount = tuplesOf(rule, this.#state);
    return { kind: 'compute#firewallPolicyRule', enableLogging: false, disabled: false, ...rule, ruleTupleCount };
  }
}

function targetOf({ scope, name }: Pick<Policy, 'scope' | 'name'>): string {
  return `${scope}/firewallPolicies/${name}`;
}

export function fingerprintOf({ version }: Pick<Policy, 'version'>): string {
  return Buffer.from(`policy ${version}`).toString('base64');
}
