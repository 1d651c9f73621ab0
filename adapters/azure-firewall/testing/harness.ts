import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Drift, Harness } from '../../../test/kit/harness.ts';
import type { AzureSimulator } from '../simulator/simulator.ts';
import { objects, texts } from '../../../kit/simulator/json-values.ts';
import { enforced, ids, names, ofType, propertiesOf, type State, type Stored } from '../simulator/state.ts';

/** A simulated subscription, and the hands of another administrator in it. */
export function harness(simulator: AzureSimulator, config: JsonObject = {}): Harness {
  return {
    simulator,
    config: { ...simulator.config, ...config },
    secret: { clientSecret: simulator.credentials['clientSecret'] ?? '', 'ca.crt': simulator.ca },
    plantForeign: () => {
      simulator.edit(planted);
      return () => ({ group: held(simulator, theirGroup.id)?.body, rules: held(simulator, theirRules.id)?.body });
    },
    collide: ({ name }) => simulator.edit((state) => enforced(state, { ...theirGroup, id: ids.ipGroup(name) })),
    edit: (drift) => simulator.edit(edits[drift]),
    refuse: ({ kind, name }) => simulator.refuse(kind === 'ip-group' ? `ipGroups/${name}` : `rules/${name}/`),
    comparable,
  };
}

function held({ state }: AzureSimulator, id: string): Stored | undefined {
  return state.resources.get(id.toLowerCase());
}

/** Of an IP group the end of the name is an identifier, and what became of one that is gone is nothing. */
function comparable(dump: Readonly<Record<string, unknown>>): unknown {
  const text = JSON.stringify(dump).replace(/(-[ad]-[0-9a-f]{12}(?:-[01]+)?)-[0-9a-f]{8}(?=")/g, '$1');
  const { resources, inForce, failed } = JSON.parse(text) as Dump;
  const there = new Set(resources.map(({ id }) => id.toLowerCase()));
  return { resources, failed, inForce: inForce.filter(([id]) => there.has(id)) };
}

interface Dump {
  readonly resources: readonly { readonly id: string }[];
  readonly inForce: readonly (readonly [string, unknown])[];
  readonly failed: unknown;
}

const theirGroup = {
  type: 'ipGroups' as const,
  id: ids.ipGroup('office'),
  body: { location: names.location, tags: { team: 'office' }, properties: { ipAddresses: ['192.168.0.0/16'] } },
};
const theirRules = {
  type: 'ruleCollectionGroups' as const,
  id: ids.rules('office'),
  body: {
    properties: {
      priority: 2_000,
      ruleCollections: [
        {
          ruleCollectionType: 'FirewallPolicyFilterRuleCollection',
          name: 'out',
          priority: 100,
          action: { type: 'Allow' },
          rules: [
            {
              ruleType: 'NetworkRule',
              name: 'office-out',
              ipProtocols: ['Any'],
              sourceIpGroups: [theirGroup.id],
              destinationAddresses: ['*'],
              destinationPorts: ['*'],
            },
          ],
        },
      ],
    },
  },
};

function planted(state: State): State {
  return [theirGroup, theirRules].reduce(enforced, state);
}

const edits: Readonly<Record<Drift, (state: State) => State>> = {
  'member-added': editGroup((addresses) => [...addresses, '10.0.0.99']),
  'member-removed': editGroup((addresses) => addresses.slice(1)),
  'rule-disabled': editCollections((collections) =>
    collections.map((collection) =>
      isDeny(collection)
        ? withRules(collection, (rule) => ({ ...rule, destinationAddresses: ['192.0.2.1'] }))
        : collection,
    ),
  ),
  'rule-widened': editCollections((collections) =>
    collections.map((collection) =>
      isDeny(collection) ? collection : withRules(collection, (rule) => ({ ...rule, destinationAddresses: ['*'] })),
    ),
  ),
  'rule-moved': editCollections((collections) =>
    collections.map((collection, at) => ({ ...collection, priority: collections.at(-1 - at)?.['priority'] ?? 100 })),
  ),
  'rule-deleted': editCollections((collections) => collections.filter((collection) => !isDeny(collection))),
};

function isDeny({ action }: JsonObject): boolean {
  return (action as JsonObject)['type'] === 'Deny';
}

function withRules(collection: JsonObject, edit: (rule: JsonObject) => JsonObject): JsonObject {
  const rules = objects(collection['rules']).map((rule) => (rule['ruleType'] === 'NetworkRule' ? edit(rule) : rule));
  return { ...collection, rules };
}

function editCollections(edit: (collections: readonly JsonObject[]) => readonly JsonObject[]) {
  return (state: State): State =>
    ofType(state, 'ruleCollectionGroups').reduce((all, { type, id, body }) => {
      const properties = propertiesOf({ body });
      const ruleCollections: Json = [...edit(objects(properties['ruleCollections']))];
      return enforced(all, { type, id, body: { ...body, properties: { ...properties, ruleCollections } } });
    }, state);
}

/** The first group of ours that has several members. */
function editGroup(edit: (addresses: readonly string[]) => readonly string[]) {
  return (state: State): State => {
    const addressesOf = (group: Stored): readonly string[] => texts(propertiesOf(group)['ipAddresses']);
    const group = ofType(state, 'ipGroups').find((one) => one.id.includes('/pn-') && addressesOf(one).length > 1);
    if (group === undefined) return state;
    const { type, id, body } = group;
    return enforced(state, { type, id, body: { ...body, properties: { ipAddresses: [...edit(addressesOf(group))] } } });
  };
}
