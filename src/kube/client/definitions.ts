import { z } from 'zod';
import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import type { ApiClient } from './transport.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    properties: z.record(z.string(), schema).optional(),
    items: schema.optional(),
    'x-kubernetes-preserve-unknown-fields': z.boolean().optional(),
  }),
);
const served = z.looseObject({
  components: z.looseObject({
    schemas: z.record(
      z.string(),
      z.intersection(
        schema,
        z.looseObject({ 'x-kubernetes-group-version-kind': z.array(z.looseObject({ kind: z.string() })).default([]) }),
      ),
    ),
  }),
});

/** Fields of a kind that its definition in the cluster does not know: the API server drops them from what is applied. */
export interface DroppedFields {
  readonly kind: Kind;
  /** `spec.to[].ports` */
  readonly fields: readonly string[];
}

/** By what the API server publishes of our kinds; nothing where it may not be asked or answers something else. */
export async function droppedFields(
  api: Pick<ApiClient, 'request'>,
  signal: AbortSignal,
): Promise<readonly DroppedFields[]> {
  const answer = await api.request({ path: `/openapi/v3/apis/${apiVersion}`, signal }).catch(() => undefined);
  const all = Object.values(served.safeParse(answer).data?.components.schemas ?? {});
  return (Object.keys(kinds) as Kind[]).flatMap((kind) => {
    const found = all.find((one) => one['x-kubernetes-group-version-kind'].some((named) => named.kind === kind));
    const own = schema.safeParse(z.toJSONSchema(kinds[kind].schema, { io: 'input', unrepresentable: 'any' })).data;
    const there = found?.properties?.['spec'];
    const fields = there === undefined ? [] : missing(own?.properties?.['spec'], there, 'spec');
    return fields.length === 0 ? [] : [{ kind, fields }];
  });
}

/** For people who run the controller. */
export function behindText({ kind, fields }: DroppedFields): string {
  return `the definition of ${kind} in the cluster does not know ${fields.join(', ')}: the API server drops that from what is applied, without a word to most clients; apply the crds/ of this version`;
}

function missing(own: Schema | undefined, there: Schema, path: string): readonly string[] {
  if (own === undefined || there['x-kubernetes-preserve-unknown-fields'] === true) return [];
  const ofItems = there.items === undefined ? [] : missing(own.items, there.items, `${path}[]`);
  const known = there.properties ?? {};
  const fields = Object.entries(own.properties ?? {}).flatMap(([name, field]) => {
    const at = known[name];
    return at === undefined ? [`${path}.${name}`] : missing(field, at, `${path}.${name}`);
  });
  return [...fields, ...ofItems];
}
