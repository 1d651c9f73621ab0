import { afterEach, describe, expect, it } from 'vitest';
import { objects, text } from '../../../kit/simulator/json-values.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { monday } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { expectSetBack } from '../../../test/kit/set-back.ts';
import { azureFirewall } from '../adapter.ts';
import { startAzureFirewall, type AzureSimulator } from '../simulator/simulator.ts';
import { enforced, ids, ofType, propertiesOf } from '../simulator/state.ts';
import { harness } from '../testing/harness.ts';

/* What an administrator does in the portal to rules and groups of ours, field by field of the API's document. */

const edits: readonly JsonObject[] = [
  { name: 'web-out' },
  { description: '' },
  { description: 'the office' },
  { ipProtocols: ['Any'] },
  { ipProtocols: ['TCP', 'ICMP'] },
  { sourceAddresses: ['*'] },
  { sourceIpGroups: [ids.ipGroup('office')] },
  { destinationAddresses: ['*'] },
  { destinationAddresses: [], destinationIpGroups: [ids.ipGroup('office')] },
  { destinationAddresses: [], destinationFqdns: ['elsewhere.example'] },
  { destinationPorts: ['*'] },
];

type Collection = JsonObject;
type Edit = (collections: readonly Collection[]) => readonly Collection[];

let simulator: AzureSimulator | undefined;
afterEach(() => simulator?.close());

async function started(): Promise<readonly [Rig, AzureSimulator]> {
  simulator = await startAzureFirewall({ port: 0, now: (requests) => requests * 1_000 });
  const rig = new Rig(azureFirewall, harness(simulator));
  rig.harness.plantForeign();
  return [rig, simulator];
}

function editCollections(azure: AzureSimulator, edit: Edit): void {
  azure.edit((state) =>
    ofType(state, 'ruleCollectionGroups')
      .filter(({ id }) => id.includes('/pn-'))
      .reduce((all, { type, id, body }) => {
        const properties = propertiesOf({ body });
        const ruleCollections = [...edit(objects(properties['ruleCollections']))];
        return enforced(all, { type, id, body: { ...body, properties: { ...properties, ruleCollections } } });
      }, state),
  );
}

const isAllow = ({ action }: Collection): boolean => (action as JsonObject)['type'] === 'Allow';
const withRules = (
  collection: Collection,
  edit: (rules: readonly JsonObject[]) => readonly JsonObject[],
): Collection => ({
  ...collection,
  rules: [...edit(objects(collection['rules']))],
});
const openTo = (rule: JsonObject): JsonObject => ({ ...rule, destinationAddresses: ['*'] });

const arrangements: Readonly<Record<string, Edit>> = {
  'a collection that denies is turned to allow': (all) =>
    all.map((one) => (isAllow(one) ? one : { ...one, action: { type: 'Allow' } })),
  'the collections change places': (all) =>
    all.map((one, at) => ({ ...one, priority: all.at(-1 - at)?.['priority'] ?? 100 })),
  'the rules of a collection change places': (all) => all.map((one) => withRules(one, (rules) => rules.toReversed())),
  'a rule is cloned': (all) =>
    all.map((one) =>
      withRules(one, (rules) => [...rules, ...rules.map((rule) => ({ ...rule, name: `${text(rule['name'])}-copy` }))]),
    ),
  'a collection is cloned': (all) => [
    ...all,
    ...all.filter(isAllow).map((one) => ({ ...one, name: 'copy', priority: 20_000 })),
  ],
  'a collection is cloned, and the clone opened': (all) => [
    ...all,
    ...all.filter(isAllow).map((one) => ({
      ...withRules(one, (rules) => rules.map(openTo)),
      name: 'copy',
      priority: 20_000,
    })),
  ],
  'a collection is cloned before the others, and the clone opened': (all) => [
    ...all.filter(isAllow).map((one) => ({
      ...withRules(one, (rules) => rules.map(openTo)),
      name: 'copy',
      priority: 100,
    })),
    ...all,
  ],
  'a collection gets a rule of somebody else': (all) =>
    all.map((one) =>
      isAllow(one)
        ? withRules(one, ([first, ...rest]) => [
            openTo({ ...first, name: 'web-out', description: '' }),
            ...rest,
            first!,
          ])
        : one,
    ),
};

describe('an edit of a rule of ours is seen and set back', () => {
  it.each(edits.map((edit) => [JSON.stringify(edit), edit] as const))('%s', async (_, edit) => {
    const [rig, azure] = await started();
    await expectSetBack(rig, monday, () =>
      editCollections(azure, (all) =>
        all.map((one) => (isAllow(one) ? withRules(one, ([first, ...rest]) => [{ ...first, ...edit }, ...rest]) : one)),
      ),
    );
  });

  it.each(Object.entries(arrangements))('%s', async (_, edit) => {
    const [rig, azure] = await started();
    await expectSetBack(rig, monday, () => editCollections(azure, edit));
  });

  it('the priority of the group of collections', async () => {
    const [rig, azure] = await started();
    await expectSetBack(rig, monday, () =>
      azure.edit((state) =>
        ofType(state, 'ruleCollectionGroups')
          .filter(({ id }) => id.includes('/pn-'))
          .reduce(
            (all, { type, id, body }) =>
              enforced(all, { type, id, body: { ...body, properties: { ...propertiesOf({ body }), priority: 100 } } }),
            state,
          ),
      ),
    );
  });

  it("but for IP groups that lose their tags: they are not Postern's any more, which is told", async () => {
    const [rig, azure] = await started();
    await rig.settle(monday);
    azure.edit((state) =>
      ofType(state, 'ipGroups')
        .filter(({ id }) => id.includes('/pn-'))
        .reduce((all, { type, id, body }) => enforced(all, { type, id, body: { ...body, tags: {} } }), state),
    );
    const { state, violations } = await rig.sync(monday);
    expect([state, violations.map(({ guard }) => guard)]).toEqual(['held', ['foreign-object']]);
  });
});
