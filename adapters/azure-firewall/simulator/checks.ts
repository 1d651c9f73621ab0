import { Refusal } from '../../../kit/simulator/refusal.ts';
import { parseRange } from '../../../kit/simulator/traffic/addresses.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { knowsSelectors } from './arm.ts';
import { expectShape } from './shapes.ts';
import { objects, text, texts } from '../../../kit/simulator/json-values.ts';
import { groupsIn, ofType, propertiesOf, provisioningState, type State } from './state.ts';

/* What Azure refuses beyond shapes ("Configure Azure Firewall rules", "Azure subscription limits", "IP Groups"). */

const invalid = (code: string, message: string): Refusal => new Refusal(400, code, message);

/** @throws Refusal */
export function checkIpGroup(body: JsonObject): void {
  expectShape('IpGroup', body);
  if (body['location'] === undefined)
    throw invalid('LocationRequired', 'The location property is required for this definition.');
  for (const address of texts(propertiesOf({ body })['ipAddresses'])) {
    const range = parseRange(address);
    if (range?.family !== 4)
      throw invalid(
        'InvalidIpAddressInIpGroup',
        `Invalid IP address, prefix or range: ${address}. Only IPv4 is supported.`,
      );
  }
}

const labelKey = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

/** Label selectors as Kubernetes has them. @throws Refusal */
export function checkSelectors(body: JsonObject): void {
  expectShape('FirewallPolicyKubeSelectorGroup', body);
  const { podSelector, namespaceSelector } = propertiesOf({ body }) as Readonly<Record<string, JsonObject | undefined>>;
  for (const selector of [podSelector ?? {}, namespaceSelector ?? {}]) {
    const labels = Object.entries((selector['matchLabels'] ?? {}) as JsonObject);
    const expressions = objects(selector['matchExpressions']);
    const isValid =
      labels.every(([key, value]) => labelKey.test(key) && labelValue.test(text(value))) &&
      expressions.every(({ key, operator, values }) => {
        const wantsValues = operator === 'In' || operator === 'NotIn';
        return (
          labelKey.test(text(key)) &&
          texts(values).every((value) => labelValue.test(value)) &&
          texts(values).length > 0 === wantsValues
        );
      });
    if (!isValid) throw invalid('InvalidKubeLabelSelector', 'The label selector is not valid.');
  }
}

const limits = { collections: 2_000, ipGroups: 600, bytes: 2_097_152 } as const;

/** @throws Refusal */
export function checkRules(state: State, id: string, body: JsonObject, version: string): void {
  if (!knowsSelectors(version) && JSON.stringify(body).includes('"sourceKubeSelectorGroups"'))
    throw invalid('InvalidRequestFormat', "Could not find member 'sourceKubeSelectorGroups' on object of type 'Rule'.");
  expectShape('FirewallPolicyRuleCollectionGroup', body);
  const { priority, ruleCollections } = propertiesOf({ body });
  const collections = objects(ruleCollections);
  if (priority === undefined)
    throw invalid('FirewallPolicyRuleCollectionGroupInvalidPriority', 'The priority is required.');
  if (JSON.stringify(body).length > limits.bytes)
    throw invalid(
      'FirewallPolicyRuleCollectionGroupSizeLimit',
      'The rule collection group exceeds the maximum size of 2 MB.',
    );
  if (collections.length > limits.collections)
    throw invalid('FirewallPolicyRuleCollectionLimit', 'The policy exceeds the limit of rule collections.');
  const policy = id.toLowerCase().replace(/\/[^/]+\/[^/]+$/, '');
  const others = ofType(state, 'ruleCollectionGroups').filter((other) => other.id.toLowerCase() !== id.toLowerCase());
  const siblings = others.filter((other) => other.id.toLowerCase().startsWith(`${policy}/`));
  if (siblings.some((other) => propertiesOf(other)['priority'] === priority))
    throw invalid(
      'FirewallPolicyRuleCollectionGroupPriorityConflict',
      `Priority ${text(priority)} is used by another rule collection group.`,
    );
  expectDistinct(collections, 'name', 'rule collections');
  expectDistinct(collections, 'priority', 'rule collections');
  for (const collection of collections) checkCollection(collection);
  const named = groupsIn(body);
  const inPolicy = [...named, ...siblings.flatMap((other) => [...groupsIn(other.body)])];
  if (new Set(inPolicy.filter((group) => group.includes('/ipgroups/'))).size > limits.ipGroups)
    throw invalid('FirewallPolicyIpGroupsLimit', `The policy exceeds the limit of ${limits.ipGroups} IP Groups.`);
  for (const group of named) {
    if (!state.resources.has(group))
      throw invalid(
        'InvalidResourceReference',
        `Resource ${group} referenced by resource ${id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
      );
    if (group.includes('/kubeselectorgroups/') && !group.startsWith(`${policy}/`))
      throw invalid('InvalidResourceReference', `Resource ${group} is of another firewall policy.`);
    if (provisioningState(state, group) === 'Deleting')
      throw invalid('InvalidResourceReference', `Resource ${group} is being deleted.`);
  }
}

function checkCollection(collection: JsonObject): void {
  const { ruleCollectionType, rules, action, name } = collection;
  if (ruleCollectionType !== 'FirewallPolicyFilterRuleCollection')
    throw invalid('InvalidRequestFormat', `rule collections of type ${text(ruleCollectionType)} are not simulated`);
  expectShape('FirewallPolicyFilterRuleCollection', collection);
  if (action === undefined || collection['priority'] === undefined || name === undefined)
    throw invalid('FirewallPolicyRuleCollectionInvalid', 'A rule collection needs a name, a priority and an action.');
  const own = objects(rules);
  if (own.length === 0)
    throw invalid('FirewallPolicyRuleCollectionEmpty', `Rule collection ${text(name)} has no rules.`);
  if (new Set(own.map(({ ruleType }) => ruleType)).size > 1)
    throw invalid('FirewallPolicyMixedRuleTypes', `Rule collection ${text(name)} has rules of several types.`);
  expectDistinct(own, 'name', `rules of ${text(name)}`);
  for (const rule of own) checkRule(rule);
}

function checkRule(rule: JsonObject): void {
  const type = text(rule['ruleType']);
  if (type !== 'NetworkRule' && type !== 'ApplicationRule')
    throw invalid('InvalidRequestFormat', `Rules of type ${type} are not known.`);
  expectShape(type, rule);
  const has = (...fields: readonly string[]): number => fields.filter((field) => texts(rule[field]).length > 0).length;
  const name = text(rule['name']);
  if (has('sourceAddresses', 'sourceIpGroups', 'sourceKubeSelectorGroups') === 0)
    throw invalid('FirewallPolicyRuleWithoutSource', `Rule ${name} has no source.`);
  if (type === 'NetworkRule') {
    if (has('destinationAddresses', 'destinationIpGroups', 'destinationFqdns') !== 1)
      throw invalid('FirewallPolicyRuleInvalidDestination', `Rule ${name} needs destinations of one kind.`);
    if (has('ipProtocols') === 0 || has('destinationPorts') === 0)
      throw invalid('FirewallPolicyRuleInvalidPorts', `Rule ${name} needs protocols and ports.`);
    const odd = [
      ...texts(rule['destinationPorts']).filter((port) => !isPorts(port)),
      ...texts(rule['destinationFqdns']).filter((fqdn) => fqdn.includes('*')),
    ];
    if (odd.length > 0)
      throw invalid('FirewallPolicyNetworkRuleInvalid', `Rule ${name}: ${odd.join(', ')} is not allowed here.`);
    const addresses = texts(rule['destinationAddresses']).filter(
      (address) => address !== '*' && parseRange(address)?.family !== 4,
    );
    if (addresses.length > 0)
      throw invalid(
        'FirewallPolicyRuleInvalidAddress',
        `Rule ${name}: ${addresses.join(', ')} is not an IPv4 address.`,
      );
    return;
  }
  if (objects(rule['protocols']).length === 0)
    throw invalid('FirewallPolicyRuleInvalidProtocol', `Rule ${name} needs protocols.`);
  if (has('targetFqdns', 'fqdnTags', 'webCategories', 'targetUrls') === 0)
    throw invalid('FirewallPolicyRuleInvalidDestination', `Rule ${name} needs a target.`);
  const odd = texts(rule['targetFqdns']).filter((fqdn) => !/^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)$/i.test(fqdn));
  if (odd.length > 0)
    throw invalid('FirewallPolicyApplicationRuleInvalidFqdn', `Rule ${name}: ${odd.join(', ')} is not an FQDN.`);
}

function isPorts(text: string): boolean {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return text === '*' || (Number(first) >= 1 && Number(first) <= Number(last) && Number(last) <= 65_535);
}

function expectDistinct(list: readonly JsonObject[], field: string, what: string): void {
  const values = list.map((one) => text(one[field]).toLowerCase());
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) throw invalid('FirewallPolicyDuplicate', `Two ${what} have the ${field} ${twice}.`);
}
