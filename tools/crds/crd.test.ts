import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { customResourceDefinition, schemaOf } from './crd.ts';
import { kinds, type Kind } from '../../src/api/kinds.ts';
import { mapOf, setOf } from '../../src/api/fields/list.ts';
import { marked, matching, ruled } from '../../src/api/fields/rule.ts';
import { structural, type Structural } from './structural.ts';

const allKinds = Object.keys(kinds) as Kind[];

/** Every node below a schema, itself included, with its path. */
function nodes(schema: Structural, path: string): readonly (readonly [string, Structural])[] {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => nodes(field, `${path}.${name}`));
  const others = [schema.items, schema.additionalProperties].filter((node) => node !== undefined);
  return [[path, schema], ...fields, ...others.flatMap((node) => nodes(node, `${path}[]`))];
}

describe('structural', () => {
  it('says types, bounds, defaults, lists and rules', () => {
    const shouting = matching('^[A-Z]+$', 'invalid', 'shout');
    const schema = z.strictObject({
      words: setOf(
        z
          .array(ruled(z.string().max(9), shouting))
          .min(1)
          .max(3),
      ).describe('Loud.'),
      ports: mapOf(z.array(z.strictObject({ port: z.int().min(1).max(9) })), 'port').optional(),
      mode: z.enum(['On', 'Off']).default('On').describe('Whether.'),
      more: marked(z.record(z.string(), z.unknown()), { preserveUnknownFields: true }).default({}),
    });
    expect(structural(schema)).toEqual({
      type: 'object',
      required: ['words'],
      properties: {
        words: {
          type: 'array',
          description: 'Loud.',
          minItems: 1,
          maxItems: 3,
          items: {
            type: 'string',
            maxLength: 9,
            'x-kubernetes-validations': [{ rule: "self.matches('^[A-Z]+$')", message: 'shout' }],
          },
          'x-kubernetes-list-type': 'set',
        },
        ports: {
          type: 'array',
          items: {
            type: 'object',
            required: ['port'],
            properties: { port: { type: 'integer', minimum: 1, maximum: 9 } },
          },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port'],
        },
        mode: { type: 'string', description: 'Whether.', default: 'On', enum: ['On', 'Off'] },
        more: { type: 'object', default: {}, 'x-kubernetes-preserve-unknown-fields': true },
      },
    });
  });

  it('refuses what no structural schema can hold', () => {
    expect(() => structural(z.union([z.string(), z.int()]))).toThrow(
      new TypeError('a structural schema cannot say anyOf'),
    );
  });
});

describe.each(allKinds)('the definition of %s', (kind) => {
  it('describes every field', () => {
    const { spec, status } = schemaOf(kind).properties ?? {};
    const silent = [...nodes(spec!, 'spec'), ...nodes(status!, 'status')].filter(
      ([path, node]) => !path.endsWith('[]') && node.description === undefined,
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it('bounds every list, map and text, without which the API server cannot tell what its rules cost', () => {
    const unbounded = nodes(schemaOf(kind).properties!['spec']!, 'spec').filter(
      ([, { type, enum: values, maxLength, maxItems, maxProperties, additionalProperties }]) =>
        (type === 'string' && values === undefined && maxLength === undefined) ||
        (type === 'array' && maxItems === undefined) ||
        (additionalProperties !== undefined && maxProperties === undefined),
    );
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  it('has a status subresource, a short name that no core kind has, and its columns end with the age', () => {
    const { spec } = customResourceDefinition(kind);
    const [version] = spec.versions;
    expect(version?.subresources).toEqual({ status: {} });
    expect(spec.names['categories']).toEqual(['postern']);
    expect(['ep', 'svc', 'po', 'no', 'ns', 'sa', 'cm', 'pv', 'pvc', 'rc', 'rs', 'ev']).not.toContain(
      kinds[kind].shortName,
    );
    expect(version?.additionalPrinterColumns.at(-1)).toMatchObject({ name: 'Age', type: 'date' });
  });
});
