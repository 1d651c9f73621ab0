import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { KubeApiserver } from '../integration/kube-apiserver.ts';

/*
 * What an API server serves under /openapi/v3 as JSON Schemas for kubeconform, so that it needs no network. As strict as
 * its published ones: no field without a name in the schema, and what is optional may be null.
 */

interface Schema {
  readonly [key: string]: unknown;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const rootSchema = z.object({ paths: z.record(z.string(), z.object({ serverRelativeURL: z.string() })) });
const gvkSchema = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() })).length(1);
const documentSchema = z.object({
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }).optional(),
});

/** Of kubeconform, for the files that `writeSchemas` writes. For kinds without a group it says `v1` twice. */
export function schemaLocation(folder: string): string {
  return join(folder, '{{.Group}}/{{.ResourceAPIVersion}}/{{.ResourceKind}}.json');
}

/** One file for each kind of the groups and versions, `apps/v1`. */
export async function writeSchemas(
  { send }: KubeApiserver,
  apiVersions: readonly string[],
  folder: string,
): Promise<void> {
  const { paths } = rootSchema.parse((await send('GET', '/openapi/v3')).body);
  for (const apiVersion of apiVersions) {
    const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
    const found = paths[path];
    if (found === undefined) throw new Error(`the API server serves no ${apiVersion}`);
    const { components } = documentSchema.parse((await send('GET', found.serverRelativeURL)).body);
    const schemas = (components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
    const definitions = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, strict(schema)]));
    const place = join(folder, apiVersion.includes('/') ? apiVersion : `${apiVersion}/${apiVersion}`);
    mkdirSync(place, { recursive: true });
    for (const [name, kind] of kindsIn(schemas)) {
      const text = JSON.stringify({ $ref: `#/definitions/${name}`, definitions });
      writeFileSync(join(place, `${kind.toLowerCase()}.json`), text);
    }
  }
}

/** Options and events are of many kinds, and no manifest has them. */
function kindsIn(schemas: Readonly<Record<string, Schema>>): readonly (readonly [name: string, kind: string])[] {
  return Object.entries(schemas).flatMap(([name, schema]) => {
    const { success, data } = gvkSchema.safeParse(schema['x-kubernetes-group-version-kind']);
    return success && !data[0]!.kind.endsWith('List') ? [[name, data[0]!.kind] as const] : [];
  });
}

function strict(schema: Schema): Schema {
  if (schema.$ref !== undefined) return { $ref: schema.$ref.replace('#/components/schemas/', '#/definitions/') };
  const { properties, required = [] } = schema;
  const isOpen = properties === undefined || 'x-kubernetes-preserve-unknown-fields' in schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => [key, inner(key, value)]);
  return {
    ...Object.fromEntries(entries),
    ...(!isOpen && { additionalProperties: false }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, required.includes(name) ? strict(one) : orNull(one)]),
      ),
    }),
  };
}

function inner(key: string, value: unknown): unknown {
  if (['allOf', 'anyOf', 'oneOf'].includes(key)) return (value as readonly Schema[]).map(strict);
  return ['items', 'additionalProperties'].includes(key) && typeof value === 'object' ? strict(value as Schema) : value;
}

/** The API server takes null for what is not there. */
function orNull(schema: Schema): Schema {
  const one = strict(schema);
  return !('type' in one) || 'enum' in one
    ? { anyOf: [one, { type: 'null' }] }
    : { ...one, type: [one['type'], 'null'] };
}
