import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { behindText, droppedFields } from './definitions.ts';

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: object } }];
  };
}

/** What an API server publishes of our definitions, as text. */
const published = JSON.stringify({
  components: {
    schemas: Object.fromEntries(
      readdirSync('crds')
        .filter((name) => name.startsWith('postern.dev_'))
        .map((name) => load(readFileSync(`crds/${name}`, 'utf8')) as Definition)
        .map(({ spec: { names, versions } }) => [
          `dev.postern.v1alpha1.${names.kind}`,
          {
            ...versions[0].schema.openAPIV3Schema,
            'x-kubernetes-group-version-kind': [{ group: 'postern.dev', version: 'v1alpha1', kind: names.kind }],
          },
        ]),
    ),
  },
});

const dropped = (answer: unknown): ReturnType<typeof droppedFields> => {
  const request = (): Promise<unknown> => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
  return droppedFields({ request }, new AbortController().signal);
};

it('finds none in the definitions of this version', async () => {
  expect(await dropped(JSON.parse(published))).toEqual([]);
});

it('names each field that an older definition does not know, wherever it is', async () => {
  const older = published.replaceAll('"terminating":', '"was":').replaceAll('"appProtocol":', '"were":');
  const found = await dropped(JSON.parse(older));
  expect(found).toContainEqual({ kind: 'EgressPolicy', fields: ['spec.to[].ports[].appProtocol', 'spec.terminating'] });
  expect(found.map(behindText).join()).toContain('apply the crds/ of this version');
});

it.each([
  ['an error', new Error('403')],
  ['something else', { hello: 'world' }],
])('says nothing of %s', async (_, answer) => {
  expect(await dropped(answer)).toEqual([]);
});
