import type { z } from 'zod';
import { longName } from '../../src/api/fields/formats.ts';
import { kinds, type Kind } from '../../src/api/kinds.ts';
import { groupName, version } from '../../src/api/meta.ts';
import { printerColumns, type Column } from './printer-columns.ts';
import { structural, type Structural } from './structural.ts';

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: Readonly<Record<string, string | readonly string[]>>;
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly storage: boolean;
      readonly subresources: { readonly status: Readonly<Record<string, never>> };
      readonly additionalPrinterColumns: readonly Column[];
      readonly schema: { readonly openAPIV3Schema: Structural };
    }[];
  };
}

/** The CustomResourceDefinition of a kind, all of it out of the kind's schemas. */
export function customResourceDefinition(kind: Kind): CustomResourceDefinition {
  const { plural, shortName, namespaced } = kinds[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${groupName}` },
    spec: {
      group: groupName,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['postern'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns[kind],
          schema: { openAPIV3Schema: schemaOf(kind) },
        },
      ],
    },
  };
}

/** The schema of a whole object, as far as a CustomResourceDefinition may say it: the API server knows `metadata` itself. */
export function schemaOf(kind: Kind): Structural {
  const { schema, status } = kinds[kind];
  const spec: z.ZodType = schema.shape.spec;
  return {
    type: 'object',
    ...(spec.description === undefined ? {} : { description: spec.description }),
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema of this object.' },
      kind: { type: 'string', description: 'Kind of this object.' },
      metadata: { type: 'object', properties: { name: { type: 'string' } } },
      spec: structural(spec),
      status: structural(status),
    },
    'x-kubernetes-validations': [
      {
        rule: 'self.metadata.name.size() <= 63',
        message: longName,
        fieldPath: '.metadata.name',
      },
    ],
  };
}
