import { namesIn, textOf } from '../../kit/common/api/json.ts';
import { inOneOrder } from '../../kit/common/rules/in-one-order.ts';
import { doubtIn, foreignBy, inPlace, unreadRule } from '../../kit/common/rules/reading.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TableRule } from '../../src/core/model/table.ts';
import { everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import { followedBy } from './objects/selectors.ts';
import { networksOf, readingOf } from './rule-reading.ts';

/*
 * What Azure Firewall does with rules, from its documentation ("Configure Azure Firewall rules", "Rule processing using Firewall
 * Policy"), for those who check what is there. It knows nothing of how the rules came to be.
 */

/** DNAT rules, network rules, application rules, those of others among ours; what none of them is about is denied. */
export function table(
  resources: readonly Resource[],
  _context: unknown,
  others: readonly Resource[] = [],
): DeviceTable {
  const holders: Holders = new Map(resources.map((resource) => [resource.name, heldBy(resource)]));
  const rulesOf = (wanted: string): readonly TableRule[] =>
    inOneOrder(
      inPlace(resources, wanted).map((rule) => ourRules(rule, holders)),
      others
        .filter(({ kind }) => kind === wanted)
        .map((rule) => ({ behind: rule.position ?? 0, rules: foreignRules(rule) })),
    );
  return { rules: ['nat-rule', 'network-rule', 'application-rule'].flatMap(rulesOf), fallback: 'Deny' };
}

type Held = Pick<TableRule, 'sources' | 'pods'>;
/** By group; undefined: it is not understood. */
type Holders = ReadonlyMap<string, Held | undefined>;

function heldBy({ kind, members, spec }: Resource): Held | undefined {
  if (kind === 'ip-group') return { sources: members ?? [] };
  const followed = kind === 'kube-selector-group' ? followedBy(spec) : undefined;
  const { namespaces = [], podSelector = {} } = followed ?? {};
  return followed && { sources: [], pods: [{ namespaces, podSelector }] };
}

/** What a rule of ours accepts in a way that is not understood is taken to be everything. */
function ourRules({ name, spec, desiredId }: Resource, holders: Holders): readonly TableRule[] {
  const { destination, ports, doubts } = readingOf(spec);
  if (ports === undefined) return [];
  const action = actionOf(spec);
  const held = sourcesOf(spec, holders);
  const id = desiredId === undefined ? {} : { desiredId };
  const isUnderstood = held !== undefined && doubts.every((doubt) => doubt === 'astray');
  if (isUnderstood) return [{ name, action, ...held, destination, ports, ...id }];
  if (action === 'Deny') return [];
  return [{ name, action, ...(held ?? { sources: everywhere }), destination: anywhere, ports: [], ...id }];
}

function sourcesOf(spec: JsonObject, holders: Holders): Held | undefined {
  const strays = namesIn(spec['astray']).filter((text) => text !== 'Failed' && !text.startsWith('priority '));
  const names = ['sourceIpGroups', 'sourceKubeSelectorGroups'].flatMap((field) => namesIn(spec[field]));
  const groups = names.flatMap((group) => holders.get(group) ?? []);
  const { networks, unknown } = networksOf(namesIn(spec['sourceAddresses']));
  if (strays.length + unknown.length > 0 || groups.length < names.length) return undefined;
  const pods = groups.flatMap((group) => group.pods ?? []);
  return { sources: [...groups.flatMap(({ sources }) => sources), ...networks], ...(pods.length > 0 && { pods }) };
}

/** What is not understood of a rule of others is a doubt; what it can match at most is said as narrowly as it can be. */
function foreignRules({ name, spec }: Resource): readonly TableRule[] {
  const why = textOf(spec['unread']);
  if (why !== '') return (['Accept', 'Deny'] as const).map((action) => unreadRule(name, action, why));
  const { destination, ports, doubts } = readingOf(spec);
  if (ports === undefined || spec['skipped'] === true) return [];
  const { networks, unknown } = networksOf(namesIn(spec['sourceAddresses']));
  const unsure = [
    ...unknown,
    ...['sourceIpGroups', 'sourceKubeSelectorGroups'].filter((field) => spec[field] !== undefined),
    // An older version of the API leaves out what it does not know.
    ...(networks.length === 0 ? ['sources'] : []),
  ];
  const sources = unsure.length > 0 ? everywhere : networks;
  const told = doubtIn([textOf(spec['doubt']), ...unsure, ...doubts].filter(Boolean));
  const whose = foreignBy(textOf(spec['description']));
  return [{ name, action: actionOf(spec), sources, destination, ports, ...whose, ...told }];
}

/** A DNAT rule lets through what it translates. */
function actionOf({ action }: JsonObject): TableRule['action'] {
  return action === 'Deny' ? 'Deny' : 'Accept';
}
