import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { kinds } from '../../src/api/kinds.ts';
import { apiVersion } from '../../src/api/meta.ts';
import { manifests, thinned, type Fields, type Manifest, type Thinned } from '../kit/thinned-objects.ts';
import { accepted, isKnown, permitted } from '../laws/breadth-world.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

/*
 * Decision 12 on a real API server: a null anywhere in an object, on every way in. What is stored then is what Postern
 * reads: it is refused, or permits no more than the object without the null.
 */

const crds = fileURLToPath(new URL('../../crds', import.meta.url));
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const storedSchema = z.looseObject({ metadata: z.looseObject({ name: z.string() }), spec: z.looseObject({}) });

const deny: Manifest = {
  apiVersion,
  kind: 'EgressPolicy',
  metadata: { name: 'x', namespace: 'red' },
  spec: {
    subject: { podSelector: { matchLabels: { a: '1' } } },
    action: 'Deny',
    to: [{ networks: ['203.0.113.0/25'], ports: [{ port: 440, endPort: 450, protocol: 'UDP' }] }],
  },
};

describe.skipIf(!hasKubeApiserver())('a null on its way into a real API server', () => {
  let server: KubeApiserver;

  beforeAll(async () => {
    server = await startKubeApiserver();
    expect(await server.kubectl(['apply', '-f', crds])).toMatchObject({ code: 0 });
    const waited = await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    expect(waited).toMatchObject({ code: 0 });
    expect(await server.kubectl(['create', 'namespace', 'red'])).toMatchObject({ code: 0 });
    const ready = (): Promise<boolean> => write('POST', { ...sample[0]! }).then((stored) => stored !== undefined);
    await vi.waitUntil(ready, { timeout: 30_000, interval: 200 });
  });
  afterAll(() => server.stop());

  const sample = [deny, ...fc.sample(manifests, { seed: 14, numRuns: 12 })];

  /** What would be stored; undefined: it was refused. */
  async function write(method: string, manifest: Manifest, type = 'application/json'): Promise<Manifest | undefined> {
    const path = method === 'POST' ? pathOf(manifest) : `${pathOf(manifest)}/${manifest.metadata.name}`;
    const query = `dryRun=All${type.includes('apply') ? '&fieldManager=test&force=true' : ''}`;
    const { status, body } = await server.send(method, `${path}?${query}`, manifest, { 'content-type': type });
    return status < 300 ? (storedSchema.parse(body) as unknown as Manifest) : undefined;
  }

  function expectNoMore(manifest: Manifest, thin: Thinned, stored: Manifest | undefined, way: string): void {
    const left =
      stored && accepted({ ...manifest, metadata: { ...manifest.metadata, ...annotated(stored) }, spec: stored.spec });
    if (left === undefined || isKnown(manifest, thin)) return;
    const before = permitted(accepted(manifest)!);
    const more = [...permitted(left)].filter((flow) => !before.has(flow));
    expect(more, `${way}, ${thin.path.join('.')} of ${JSON.stringify(manifest)}`).toEqual([]);
  }

  it.each(sample.map((manifest, at) => [`${at} ${manifest.kind}`, manifest] as const))(
    'is refused, or means no more: %s',
    async (_, manifest) => {
      const name = manifest.metadata.name;
      const path = `${pathOf(manifest)}/${name}`;
      await server.send('DELETE', path);
      for (const thin of thinned(manifest)) {
        expectNoMore(manifest, thin, await write('POST', thin.sent), 'create');
        expectNoMore(manifest, thin, await write('POST', applied(thin)), 'kubectl apply');
      }
      const { status, body } = await server.send('POST', pathOf(manifest), manifest);
      expect(status, JSON.stringify(body)).toBe(201);
      const { resourceVersion } = z
        .looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) })
        .parse(body).metadata;
      for (const thin of thinned(manifest)) {
        const sent = { ...thin.sent, metadata: { ...thin.sent.metadata, resourceVersion } };
        expectNoMore(manifest, thin, await write('PUT', sent), 'update');
        expectNoMore(manifest, thin, await write('PATCH', thin.sent, 'application/merge-patch+json'), 'merge patch');
        expectNoMore(
          manifest,
          thin,
          await write('PATCH', thin.sent, 'application/apply-patch+yaml'),
          'server-side apply',
        );
      }
      await server.send('DELETE', path);
    },
    60_000,
  );

  it('is refused where it would make an Accept of a Deny', async () => {
    await server.send('POST', pathOf(deny), deny);
    const patch = { metadata: deny.metadata, spec: { action: null } };
    const path = `${pathOf(deny)}/${deny.metadata.name}`;
    const type = { 'content-type': 'application/merge-patch+json' };
    const { status, body } = await server.send('PATCH', path, patch, type);
    expect([status, JSON.stringify(body)]).toEqual([
      422,
      expect.stringContaining('a Deny does not become an Accept in place'),
    ]);
    await server.send('DELETE', path);
  });
});

function pathOf({ kind }: Manifest): string {
  const { plural } = kinds[kind];
  return `/apis/${apiVersion}${kind === 'EgressPolicy' ? '/namespaces/red' : ''}/${plural}`;
}

/** As kubectl sends it: without the nulls, which stand in its annotation. */
function applied({ sent, stored }: Thinned): Manifest {
  return { ...stored, metadata: { ...stored.metadata, annotations: { [lastApplied]: JSON.stringify(sent) } } };
}

function annotated({ metadata: { annotations } }: Manifest): Fields {
  return annotations === undefined ? {} : { annotations };
}
