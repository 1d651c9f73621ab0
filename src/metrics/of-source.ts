import type { InformerHealth } from '../kube/informer/informer.ts';
import type { QueueDepth } from '../queue/work-queue.ts';
import { update, type Update } from './definitions.ts';

/** How well the cluster is seen, resource by resource. */
export function ofSource({ resources }: InformerHealth, synced: boolean): readonly Update[] {
  return [
    update('postern_caches_synced', synced ? 1 : 0, {}),
    ...resources.flatMap(({ plural: resource, state, lastEvent = 0, objects }) => [
      update('postern_watch_healthy', state === 'healthy' ? 1 : 0, { resource }),
      update('postern_watch_last_event_timestamp_seconds', lastEvent / 1_000, { resource }),
      update('postern_watched_objects', objects, { resource }),
    ]),
  ];
}

/** What there is to do. */
export function ofDepth({ waiting, running, delayed, oldestMs }: QueueDepth): readonly Update[] {
  return [
    ...Object.entries({ waiting, running, delayed }).map(([state, count]) =>
      update('postern_queue_points', count, { state }),
    ),
    update('postern_queue_oldest_seconds', oldestMs / 1_000, {}),
  ];
}
