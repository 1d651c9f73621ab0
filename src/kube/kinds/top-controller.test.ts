import { describe, expect, it } from 'vitest';
import { topController, type Owner } from './top-controller.ts';

const owner = (text: string): Owner => {
  const [kind = '', name = ''] = text.split('/');
  return { kind, name };
};

/** Objects at hand: each with the one that controls it, or with none. */
const ownersOf =
  (known: Readonly<Record<string, string | null>>) =>
  ({ kind, name }: Owner) => {
    const found = known[`${kind}/${name}`];
    return found === undefined ? undefined : { owner: found === null ? undefined : owner(found) };
  };

describe('the top controller by convention', () => {
  const hash = { 'pod-template-hash': '6d4cf56db6' };
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['ReplicaSet/checkout-6d4cf56db6', hash, 'Deployment/checkout'],
    ['ReplicaSet/web-api-6d4cf56db6', hash, 'Deployment/web-api'],
    ['ReplicaSet/canary-6d4cf56db6', { 'rollouts-pod-template-hash': '6d4cf56db6' }, 'Rollout/canary'],
    [
      'ReplicaSet/hello-00001-deployment-6d4cf56db6',
      { ...hash, 'serving.knative.dev/revision': 'hello-00001' },
      'Revision/hello-00001',
    ],
    ['Job/night-29384756', {}, 'CronJob/night'],
    ['ReplicationController/till-12', { deploymentconfig: 'till' }, 'DeploymentConfig/till'],
  ])('of a pod of %s with labels %j is %s', (direct, labels, workload) => {
    expect(topController(owner(direct), labels)).toEqual({ workload, workloadBy: 'convention' });
  });

  it.each([
    ['ReplicaSet/standalone-abc', {}],
    ['ReplicaSet/other-abcdef', hash],
    ['StatefulSet/db', { 'pod-template-hash': 'x' }],
    ['CloneSet/game', {}],
    ['Job/migrate-7', {}],
    ['ReplicationController/till-2-blue', { deploymentconfig: 'till' }],
    ['ReplicationController/till-2', {}],
    ['Pod/alone', {}],
  ])('is not guessed for %s with labels %j', (direct, labels) => {
    expect(topController(owner(direct), labels)).toEqual({ workload: direct });
  });
});

describe('the top controller by references', () => {
  const labels = { 'pod-template-hash': 'abc' };
  it.each([
    [
      'a Deployment',
      { 'ReplicaSet/web-abc': 'Deployment/web', 'Deployment/web': null },
      { workload: 'Deployment/web' },
    ],
    [
      'what controls a Deployment',
      { 'ReplicaSet/web-abc': 'Deployment/web', 'Deployment/web': 'Revision/web-1' },
      { workload: 'Revision/web-1' },
    ],
    ['a ReplicaSet that nothing controls', { 'ReplicaSet/web-abc': null }, { workload: 'ReplicaSet/web-abc' }],
  ])('is %s', (_, known, expected) => {
    expect(topController(owner('ReplicaSet/web-abc'), labels, ownersOf(known))).toEqual(expected);
  });

  it('ends where references form a ring', () => {
    const ring = ownersOf({ 'A/a': 'B/b', 'B/b': 'A/a' });
    expect(topController(owner('A/a'), {}, ring).workload).toMatch(/^[AB]\//);
  });
});
