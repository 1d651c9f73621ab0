import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects, ObjectKind } from '../../src/adapter/kubernetes-objects.ts';

export const networkPolicies: ObjectKind = {
  kind: 'NetworkPolicy',
  group: 'networking.k8s.io',
  plural: 'networkpolicies',
  versions: ['v9', 'v1'],
  namespaced: true,
};
const unknownKind: ObjectKind = { ...networkPolicies, kind: 'Widget', group: 'widgets.test', plural: 'widgets' };

export interface ObjectsUnderTest {
  readonly objects: KubernetesObjects;
  /** Changes an object of namespace default as another client, with all that is given. */
  meddle(object: KubernetesObject): Promise<void>;
  clean(): Promise<void>;
}

/** What every `KubernetesObjects` keeps to. Objects of other tests may be there; only namespace `default` is used. */
export function describeObjects(name: string, open: () => Promise<ObjectsUnderTest>): void {
  describe(`${name}: objects of the cluster`, () => {
    let test: ObjectsUnderTest;
    const { signal } = new AbortController();
    const policy = (name: string, labels: Record<string, string>, cidr = '192.0.2.0/24'): KubernetesObject => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: 'default', labels },
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr } }] }] },
    });
    const apply = (object: KubernetesObject, force = false): Promise<KubernetesObject> =>
      test.objects.apply(networkPolicies, object, { force, signal });
    const read = (name: string) => test.objects.get(networkPolicies, { namespace: 'default', name });
    const classOf = async (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'done',
        (error: unknown) => (error instanceof AdapterError ? error.errorClass : error),
      );

    beforeEach(async () => {
      test = await open();
    });
    afterEach(() => test.clean());

    it('finds the version that is served, and says when there is none', async () => {
      expect(await test.objects.version(networkPolicies)).toBe('v1');
      expect(await test.objects.version(unknownKind)).toBeUndefined();
    });

    it('tells of every kind that can be listed', async () => {
      const served = await test.objects.served();
      const { group, plural } = networkPolicies;
      const found = served.find((one) => one.group === group && one.plural === plural);
      expect(found).toMatchObject({ kind: networkPolicies.kind, namespaced: true });
      expect(found?.versions).toContain('v1');
      expect(served.map((one) => one.plural)).not.toContain('subjectaccessreviews');
    });

    it('creates, reads, lists by label and deletes', async () => {
      const written = await apply(policy('a', { team: 'red' }));
      await apply(policy('b', { team: 'blue' }));
      expect(written).toMatchObject({ kind: 'NetworkPolicy', spec: { policyTypes: ['Egress'] } });
      expect(await read('a')).toEqual(written);
      expect(await read('c')).toBeUndefined();
      const red = await test.objects.list(networkPolicies, { labelSelector: 'team=red' });
      expect(red.map(({ metadata, kind }) => [kind, metadata.name])).toEqual([['NetworkPolicy', 'a']]);
      const { uid = '' } = written.metadata;
      expect(
        await classOf(
          test.objects.remove(networkPolicies, { namespace: 'default', name: 'a', uid: 'another' }, signal),
        ),
      ).toBe('conflict');
      await test.objects.remove(networkPolicies, { namespace: 'default', name: 'a', uid }, signal);
      await test.objects.remove(networkPolicies, { namespace: 'default', name: 'a', uid }, signal);
      expect(await read('a')).toBeUndefined();
    });

    it('takes away what it applied before and leaves out now, and no label of others', async () => {
      await apply(policy('a', { team: 'red', old: 'yes' }));
      const there = await read('a');
      if (there === undefined) throw new Error('it was applied');
      await test.meddle({
        ...there,
        metadata: { ...there.metadata, labels: { ...there.metadata.labels, theirs: 'yes' } },
      });
      const { metadata } = await apply(policy('a', { team: 'red' }), true);
      expect(metadata.labels).toEqual({ team: 'red', theirs: 'yes' });
    });

    it('does not take over a field of somebody else without force', async () => {
      await test.meddle(policy('a', { team: 'red' }, '198.51.100.0/24'));
      expect(await classOf(apply(policy('a', { team: 'red' })))).toBe('foreign-owned');
      const taken = await apply(policy('a', { team: 'red' }), true);
      expect(taken).toMatchObject({ spec: { egress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }] } });
    });

    it('replaces a whole object, and only the one it has seen', async () => {
      const first = await apply(policy('a', { team: 'red' }));
      await test.meddle({ ...first, metadata: { ...first.metadata, labels: { team: 'red', theirs: 'yes' } } });
      const stale = { ...policy('a', { team: 'red' }), metadata: { ...first.metadata } };
      expect(await classOf(test.objects.replace(networkPolicies, stale, signal))).toBe('conflict');
      const now = await read('a');
      const fresh = { ...policy('a', {}), metadata: { ...now?.metadata, name: 'a', labels: { team: 'red' } } };
      expect((await test.objects.replace(networkPolicies, fresh, signal)).metadata.labels).toEqual({ team: 'red' });
    });

    it('applies to nothing but the object with the uid that is given', async () => {
      const object = policy('a', { team: 'red' });
      await apply(object);
      const other = { ...object, metadata: { ...object.metadata, uid: '00000000-0000-4000-8000-000000000000' } };
      expect(await classOf(apply(other, true))).toBe('conflict');
    });
  });
}
