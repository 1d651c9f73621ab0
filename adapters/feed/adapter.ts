import { normalize } from 'node:path';
import type { Adapter, AdapterDeps, Batch } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { feedConfigSchema, type FeedConfig } from './config.ts';
import { lower, lowerDelta, lowering } from './lower/lower.ts';
import { FeedSession } from './session/session.ts';
import { folderStore } from './store/folder.ts';
import type { FeedStore } from './store/store.ts';
import { table } from './table.ts';
import type { Change } from '../../src/core/model/plan.ts';

const capabilities: Capabilities = {
  version: '',
  groupsAs: ['source', 'destination'],
  // A consumer that finds no entry keeps the last list, or reads it as all sources: a list always has one.
  emptyGroup: 'refused',
  memberUpdates: 'replace',
  lock: 'document',
  domainNames: 'wildcard',
  transactions: true,
  maxMembersPerGroup: Number.MAX_SAFE_INTEGER,
  maxObjects: {},
  serialised: 'target',
  settleSeconds: 300,
  sendWhileReading: false,
  choices: {},
};

/** Lists that firewalls and proxies of any make fetch by themselves. */
export const feed = createFeedAdapter(async ({ store }, deps) => {
  if ('folder' in store) return folderStore(store.folder);
  const { bucketStore } = await import('./store/bucket.ts');
  return bucketStore(store, deps);
});

type StoreOf = (config: FeedConfig, deps: AdapterDeps) => FeedStore | Promise<FeedStore>;

/** @param storeOf where the feed of a config is kept */
export function createFeedAdapter(storeOf: StoreOf): Adapter<FeedConfig> {
  return {
    kind: 'feed',
    config: feedConfigSchema,
    place: ({ store }) =>
      'folder' in store
        ? `folder ${normalize(store.folder).replace(/(?<=.)\/+$/, '')}`
        : `bucket ${store.url ?? ''} ${store.bucket}/${store.prefix}`,
    capabilities,
    lower,
    lowering,
    lowerDelta,
    batch,
    table,
    connect: async (config, deps) =>
      new FeedSession({ ...deps, config, capabilities, store: await storeOf(config, deps) }),
  };
}

/** Everything in one: the document is replaced as a whole, by one request. */
function batch(changes: readonly Change[]): readonly Batch[] {
  return changes.length === 0 ? [] : [{ changes, atomic: true, nativeCalls: 1 }];
}
