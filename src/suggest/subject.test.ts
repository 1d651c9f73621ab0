import { describe, expect, it } from 'vitest';
import { aPod } from '../../test/kit/builders.ts';
import { subjectOf } from './subject.ts';

const web = { namespace: 'shop', workload: 'Deployment/web', serviceAccount: 'default' };
const pod = (name: string, workload: string, labels: Readonly<Record<string, string>>, serviceAccount = 'default') =>
  aPod({ name, uid: name, workload, labels, serviceAccount });

describe('the subject of a suggested policy', () => {
  it('is the usual label where that is enough', () => {
    const pods = [
      pod('a', 'Deployment/web', { app: 'web', tier: 'front' }),
      pod('b', 'Deployment/job', { app: 'job' }),
    ];
    expect(subjectOf(pods, web)).toEqual({
      subject: { podSelector: { matchLabels: { app: 'web' } } },
      alsoSelects: [],
      unseen: false,
    });
  });

  it('is another label, or all of them, where others share the usual one', () => {
    const pods = [
      pod('a', 'Deployment/web', { app: 'shop', tier: 'front' }),
      pod('b', 'Deployment/job', { app: 'shop', tier: 'back' }),
    ];
    expect(subjectOf(pods, web).subject).toEqual({ podSelector: { matchLabels: { tier: 'front' } } });
    const both = [
      pod('a', 'Deployment/web', { app: 'shop', tier: 'front' }),
      pod('b', 'Deployment/job', { app: 'shop', tier: 'back' }),
      pod('c', 'Deployment/api', { app: 'pay', tier: 'front' }),
    ];
    expect(subjectOf(both, web).subject).toEqual({ podSelector: { matchLabels: { app: 'shop', tier: 'front' } } });
  });

  it('is the ServiceAccount, too, where labels do not do, and says whom it takes in all the same', () => {
    const pods = [
      pod('a', 'Deployment/web', { app: 'x' }),
      pod('b', 'Deployment/job', { app: 'x' }),
      pod('c', 'Deployment/api', { app: 'x' }, 'api'),
    ];
    expect(subjectOf(pods, web)).toEqual({
      subject: { podSelector: { matchLabels: { app: 'x' } }, serviceAccounts: ['default'] },
      alsoSelects: ['Deployment/job'],
      unseen: false,
    });
  });

  it('never is a label of one version or one pod', () => {
    const pods = [pod('a', 'Deployment/web', { 'pod-template-hash': '1' })];
    expect(subjectOf(pods, web).subject).toEqual({ serviceAccounts: ['default'] });
  });

  it('is the ServiceAccount of a workload that has no pods any more', () => {
    expect(subjectOf([], web)).toEqual({ subject: { serviceAccounts: ['default'] }, alsoSelects: [], unseen: true });
  });
});
