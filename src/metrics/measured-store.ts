import type { PublishingStore } from '../controller/publisher.ts';
import type { Propagation } from './propagation.ts';

/** The same store; what is published there is followed on its way. */
export function measuredStore(store: PublishingStore, propagation: Propagation): PublishingStore {
  return {
    publish: async (publication) => {
      propagation.handed(publication);
      const version = await store.publish(publication);
      propagation.published(publication.point.metadata.name, version);
      return version;
    },
    withdraw: (point) => {
      propagation.forget(point);
      return store.withdraw(point);
    },
    points: () => store.points(),
    distrust: (point) => store.distrust(point),
    lost: () => store.lost(),
  };
}
