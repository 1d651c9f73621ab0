import { describe, expect, it } from 'vitest';
import type { MeshClient } from './answer.ts';
import { classesOf, placesIn } from './classes.ts';
import { evaluateMesh } from './evaluate.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import { readNetwork } from '../network/network.ts';
import {
  behindGateway,
  checkout,
  fences,
  meshOf,
  plane,
  shopSidecar,
  soundMesh,
  to,
  wholeMesh,
  type Bundle,
} from './testing/fixtures.ts';

const classesIn = <T extends MeshClient>(mesh: MeshSnapshot, clients: readonly T[]): ReturnType<typeof classesOf<T>> =>
  classesOf(mesh, clients, readNetwork(mesh.network));

const keys = (yaml: readonly string[], clients: readonly MeshClient[]): readonly number[] =>
  classesIn(meshOf(yaml), clients).map(({ members }) => members.length);

const labelled = (labels: Readonly<Record<string, string>>): MeshClient => ({ ...checkout, podLabels: labels });

describe('classes of workloads', () => {
  it('leave out labels that nothing asks for', () => {
    expect(keys(soundMesh, [labelled({ app: 'a' }), labelled({ app: 'b', hash: '1' })])).toEqual([2]);
  });

  it('part by a label that a Sidecar selects', () => {
    const sidecar = shopSidecar.replace('spec:', 'spec:\n  workloadSelector: { labels: { app: a } }');
    expect(keys([sidecar], [labelled({ app: 'a' }), labelled({ app: 'b' })])).toEqual([1, 1]);
  });

  it('part by namespace, account and mesh mode', () => {
    const others: readonly Partial<MeshClient>[] = [{ namespace: 'x' }, { serviceAccount: 'x' }, { meshed: 'none' }];
    expect(keys(soundMesh, [checkout, ...others.map((other) => ({ ...checkout, ...other }))])).toEqual([1, 1, 1, 1]);
  });

  it('part by network policies that bind them, of which some go by the account, and are kin else', () => {
    const calico = `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: batch }
spec: { selector: "projectcalico.org/serviceaccount == 'batch'", types: [Egress], egress: [{ action: Deny }] }`;
    const kubernetes = fences.replace('podSelector: {}', 'podSelector: { matchLabels: { fenced: "yes" } }');
    const clients = [checkout, ...['basket', 'batch'].map((serviceAccount) => ({ ...checkout, serviceAccount }))];
    const kinOf = (yaml: readonly string[], among: readonly MeshClient[]): number =>
      new Set(classesIn(meshOf(yaml), among).map(({ kin }) => kin)).size;
    expect([kinOf(soundMesh, clients), kinOf([...soundMesh, calico], clients)]).toEqual([1, 2]);
    const fenced = [checkout, labelled({ ...checkout.podLabels, fenced: 'yes' })];
    expect([kinOf(wholeMesh, fenced), kinOf([...wholeMesh, kubernetes], fenced)]).toEqual([1, 2]);
  });

  it('part by address only where a policy asks for addresses', () => {
    const two = [checkout, { ...checkout, addresses: ['10.9.0.1'] }];
    const asking = soundMesh.map((text) => text.replace('"principals"', '"ipBlocks":["10.9.0.0/16"],"principals"'));
    expect([keys(soundMesh, two), keys(asking, two)]).toEqual([[2], [1, 1]]);
  });

  it('have one place unless a policy of either kind tells their addresses apart', () => {
    const calico = `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: batch }
spec: { types: [Egress], egress: [{ action: Deny, source: { nets: ["10.9.0.0/16"] } }] }`;
    const asking = soundMesh.map((text) => text.replace('"principals"', '"ipBlocks":["10.9.0.0/16"],"principals"'));
    const placesOf = (yaml: readonly string[]): number => {
      const mesh = meshOf(yaml);
      const placeOf = placesIn(mesh, readNetwork(mesh.network));
      return new Set([['10.1.0.1'], ['10.9.0.1']].map(placeOf)).size;
    };
    expect([soundMesh, asking, [...soundMesh, calico]].map(placesOf)).toEqual([1, 2, 2]);
  });
});

describe('a large mesh', () => {
  const bundles = Array.from({ length: 300 }, (_, index): Bundle => ({
    host: `host-${index}.example.test`,
    kind: 'tls',
    accounts: [`shop/account-${index % 40}`],
  }));
  const snapshot = meshOf([plane, shopSidecar, ...bundles.map(behindGateway)]);
  const pods = Array.from({ length: 10_000 }, (_, index): MeshClient => ({
    ...checkout,
    serviceAccount: `account-${index % 40}`,
    podLabels: { app: `app-${index % 40}`, 'pod-template-hash': String(index) },
    addresses: [`10.1.${index >> 8}.${index & 255}`],
  }));

  it('is judged once for each class: 10,000 pods and 300 hosts are 12,000 questions', () => {
    const { judge } = evaluateMesh(snapshot);
    const classes = classesIn(snapshot, pods);
    const accepted = classes.flatMap(({ client, members }) =>
      bundles.filter(({ host }) => judge(client, to(host)).verdict === 'Accept').map(() => members.length),
    );
    expect([classes.length, accepted.length, accepted.reduce((sum, count) => sum + count, 0)]).toEqual([
      40,
      300,
      300 * 250,
    ]);
  });
});
