import { describeAdapter } from '../../test/kit/conformance.ts';
import type { Drift, Harness } from '../../test/kit/harness.ts';
import { createFeedAdapter } from './adapter.ts';
import { entriesOf, type FeedDocument, type FeedList, type FeedRule } from './document/document.ts';
import { SimulatedFeed } from './testing/simulated-feed.ts';

const notDivided = {
  law: 'keeps to the limits of the device',
  reason: 'a list is one resource; its consumer fetches it in parts, which formats.test.ts puts to the test',
};

const smallDevice = {
  law: 'one refused object does not stop the others',
  reason: 'its 20 groups and 20 destinations are more lists than PAN-OS fetches',
};

for (const device of ['generic', 'pan-os', 'check-point', 'fortigate']) {
  const simulator = new SimulatedFeed(device);
  describeAdapter({
    name: `feed for ${device}`,
    adapter: createFeedAdapter(() => simulator),
    start: () => Promise.resolve(harness(simulator, device)),
    skip: device === 'pan-os' ? [notDivided, smallDevice] : [notDivided],
  });
}

const theirList: FeedList = { name: 'office', mark: '', title: 'the office', entries: '192.168.0.0/16' };
const theirRule: FeedRule = {
  name: 'office-out',
  mark: 'set up by hand',
  title: '',
  action: 'Accept',
  enabled: true,
  log: false,
  profile: '',
  expiresAt: '',
  sources: ['office'],
  destination: { any: true, names: [], networks: [] },
  ports: [],
};

function harness(simulator: SimulatedFeed, device: string): Harness {
  const change = (edit: (document: FeedDocument) => FeedDocument): void => {
    simulator.document = edit(simulator.document);
  };
  return {
    simulator,
    config: { store: { folder: '/feed' }, consumers: [{ name: device, device, intervalSeconds: 1_800 }] },
    secret: {},
    plantForeign: () => {
      change(({ lists, rules, ...rest }) => ({ ...rest, lists: [...lists, theirList], rules: [...rules, theirRule] }));
      return () => ({
        list: simulator.document.lists.find(({ name }) => name === theirList.name),
        rule: simulator.document.rules.find(({ name }) => name === theirRule.name),
      });
    },
    collide: ({ name }) => change((document) => ({ ...document, lists: [...document.lists, { ...theirList, name }] })),
    edit: (drift) => change(edits[drift]),
    refuse: (key) => simulator.lock(key),
  };
}

const edits: Readonly<Record<Drift, (document: FeedDocument) => FeedDocument>> = {
  'member-added': withMembers((members) => [...members, '10.0.0.99']),
  'member-removed': withMembers((members) => members.slice(1)),
  'rule-disabled': withRule('Deny', (rule) => [{ ...rule, enabled: false }]),
  'rule-widened': withRule('Accept', (rule) => [{ ...rule, destination: { any: true, names: [], networks: [] } }]),
  'rule-moved': (document) => ({ ...document, rules: document.rules.toReversed() }),
  'rule-deleted': withRule('Deny', () => []),
};

function withMembers(edit: (members: string[]) => string[]) {
  return ({ lists: [first, ...others], ...rest }: FeedDocument): FeedDocument => ({
    ...rest,
    lists: first === undefined ? [] : [{ ...first, entries: edit(entriesOf(first)).join(' ') }, ...others],
  });
}

function withRule(action: FeedRule['action'], edit: (rule: FeedRule) => FeedRule[]) {
  return ({ rules, ...rest }: FeedDocument): FeedDocument => {
    const found = rules.find((rule) => rule.action === action);
    return { ...rest, rules: rules.flatMap((rule) => (rule === found ? edit(rule) : [rule])) };
  };
}
