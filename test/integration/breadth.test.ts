import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { load } from 'js-yaml';
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
    const waited = await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=120s']);
    expect(waited).toMatchObject({ code: 0 });
    expect(await server.kubectl(['create', 'namespace', 'red'])).toMatchObject({ code: 0 });
    const ready = (): Promise<boolean> => write('POST', { ...sample[0]! }).then((stored) => stored !== undefined);
    await vi.waitUntil(ready, { timeout: 90_000, interval: 200 });
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
  );

  /*
   * A definition that does not know a field drops it: an older one when the object is written, a later one when it is
   * read. Either way it is as if somebody had left it out.
   */
  it.each(['EgressPolicy', 'ClusterEgressPolicy', 'ExternalService'] as const)(
    'under a definition that does not know a field of %s, it is refused or means no more',
    async (kind) => {
      const mine = sample.filter((manifest) => manifest.kind === kind);
      const fields = new Set(mine.flatMap((one) => thinned(one).map(({ path }) => fieldPath(path))));
      const whole = definitionOf(kind);
      let told = 0;
      for (const field of fields) {
        const without = lacking(whole, field);
        if (without === undefined) continue;
        await define(without);
        for (const manifest of mine) {
          const thin = thinned(manifest).find(({ path }) => fieldPath(path) === field);
          if (thin === undefined) continue;
          await vi.waitUntil(async () => !knows(await write('POST', manifest), thin.path), {
            timeout: 80_000,
            interval: 100,
          });
          expectNoMore(manifest, thin, await write('POST', manifest), `without ${field}`);
          told += 1;
        }
      }
      await define(whole);
      expect(told).toBeGreaterThan(3);
    },
    240_000,
  );

  async function define(definition: object): Promise<void> {
    const { code, output } = await server.kubectl(['replace', '-f', '-'], JSON.stringify(definition));
    if (code !== 0) throw new Error(output);
  }

  it('is refused where it would make an Accept of a Deny', async () => {
    await server.send('POST', pathOf(deny), deny);
    const patch = { metadata: deny.metadata, spec: { action: null } };
    const path = `${pathOf(deny)}/${deny.metadata.name}`;
    const type = { 'content-type': 'application/merge-patch+json' };
    const { status, body } = await server.send('PATCH', path, patch, type);
    expect([status, JSON.stringify(body)]).toEqual([
      422,
      expect.stringContaining('a Deny cannot be changed to Accept'),
    ]);
    await server.send('DELETE', path);
  });
});

type Schema = Record<string, unknown>;

function definitionOf(kind: Manifest['kind']): Schema {
  const files = readdirSync(crds).filter((name) => name.startsWith('postern.dev_'));
  const all = files.map(
    (name) => load(readFileSync(join(crds, name), 'utf8')) as Schema & { spec: { names: { kind: string } } },
  );
  const found = all.find(({ spec }) => spec.names.kind === kind);
  if (found === undefined) throw new Error(`there is no definition of ${kind}`);
  return found;
}

/** `spec.to.ports`: of a path in an object, without the places in lists. */
function fieldPath(path: readonly (string | number)[]): string {
  return path.filter((step) => typeof step === 'string').join('.');
}

/** The definition without a property, and without the rules that may speak of it; undefined: it is a key of a map. */
function lacking(whole: Schema, field: string): Schema | undefined {
  const copy = withoutRules(structuredClone(whole)) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  };
  for (const { schema } of copy.spec.versions) {
    const steps = field.split('.');
    const last = steps.pop() ?? '';
    let at: Schema | undefined = schema.openAPIV3Schema;
    for (const step of steps) at = items((at?.['properties'] as Schema | undefined)?.[step] as Schema | undefined);
    const properties = at?.['properties'] as Schema | undefined;
    if (at === undefined || properties?.[last] === undefined) return undefined;
    at['properties'] = Object.fromEntries(Object.entries(properties).filter(([name]) => name !== last));
    at['required'] = ((at['required'] as string[] | undefined) ?? []).filter((name) => name !== last);
    if ((at['required'] as string[]).length === 0) delete at['required'];
  }
  return copy;
}

function items(schema: Schema | undefined): Schema | undefined {
  return schema?.['type'] === 'array' ? (schema['items'] as Schema) : schema;
}

const rules = ['x-kubernetes-validations', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'];

function withoutRules(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRules);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !rules.includes(key));
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutRules(one)]));
}

function knows(stored: Manifest | undefined, path: readonly (string | number)[]): boolean {
  let value: unknown = stored;
  for (const step of path) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value !== undefined;
}

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
