import { describe, expect, it } from 'vitest';
import { aPod } from '../../../test/kit/builders.ts';
import { syntheticPods, readWorkload, type Workload } from './workloads.ts';

const web: Workload = {
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  controlled: false,
  labels: { app: 'web' },
  serviceAccount: 'web',
  hostNetwork: false,
};

describe('workloads', () => {
  it('are read by their templates', () => {
    const spec = { template: { metadata: { labels: { app: 'web' } }, spec: { serviceAccountName: 'web' } } };
    expect(readWorkload('Deployment', { metadata: { name: 'web', namespace: 'shop' }, spec })).toEqual({ object: web });
  });

  it('of CronJobs are a level deeper', () => {
    const spec = { jobTemplate: { spec: { template: { metadata: null, spec: {} } } } };
    expect(readWorkload('CronJob', { metadata: { name: 'night', namespace: 'shop' }, spec })).toEqual({
      object: { ...web, kind: 'CronJob', name: 'night', labels: {}, serviceAccount: 'default' },
    });
  });

  it('without pods get one that has no address and no name of a pod', () => {
    expect(syntheticPods([web], [])).toEqual([
      aPod({
        uid: 'shop/Deployment/web',
        name: 'Deployment.web',
        labels: { app: 'web' },
        serviceAccount: 'web',
        node: '',
        phase: '',
        addresses: [],
        created: '',
        workload: 'Deployment/web',
      }),
    ]);
  });

  it.each<[string, Workload, Partial<Parameters<typeof aPod>[0]>, boolean]>([
    ['its own pod', web, { workload: 'Deployment/web' }, false],
    ['a pod of its ReplicaSet', web, { workload: 'ReplicaSet/web-7c9f8b6d5' }, false],
    ['a pod of a ReplicaSet of another', web, { workload: 'ReplicaSet/web-api-7c9f8b6d5' }, true],
    ['a pod that has ended', web, { workload: 'Deployment/web', phase: 'Succeeded' }, true],
    ['a pod in another namespace', web, { workload: 'Deployment/web', namespace: 'lab' }, true],
    ['a pod of its job', { ...web, kind: 'CronJob' }, { workload: 'CronJob/web' }, false],
  ])('a workload beside %s', (_, workload, pod, standsIn) => {
    expect(syntheticPods([workload], [aPod(pod)]).length).toBe(standsIn ? 1 : 0);
  });

  it('that another workload made are spoken for by it', () => {
    expect(syntheticPods([{ ...web, kind: 'ReplicaSet', controlled: true }], [])).toEqual([]);
  });
});
