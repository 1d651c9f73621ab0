import { parse } from 'yaml';
import { z } from 'zod';
import type { Document } from '../outcome.ts';

/*
 * What of networking.istio.io and security.istio.io decides who gets out; v1, v1beta1 and v1alpha3 have one shape:
 * https://istio.io/latest/docs/reference/config/
 */

const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});
const word = z.string().nullish();

export const entrySchema = z.strictObject({
  hosts: z.array(z.string()).transform((names) => names.map((name) => name.toLowerCase())),
  addresses: texts,
  ports: z.array(
    z.strictObject({
      number: z.int(),
      name: word,
      protocol: word,
      targetPort: z.int().optional(),
    }),
  ),
  location: word,
  resolution: word,
  endpoints: z.array(z.looseObject({ address: word, ports: z.unknown().optional() })).nullish(),
  workloadSelector: z.unknown().optional(),
  exportTo: texts,
  subjectAltNames: z.unknown().optional(),
});
export type Entry = z.output<typeof entrySchema>;

export const sidecarSchema = z.object({
  workloadSelector: z.unknown().optional(),
  egress: z
    .array(z.object({ port: z.unknown().optional(), bind: word, captureMode: word, hosts: texts }))
    .nullish()
    .transform((listeners) => listeners ?? []),
});

const source = z.record(z.string(), texts);
export const policySchema = z.object({
  selector: z.object({ matchLabels: labels }).nullish(),
  targetRef: z.object({ kind: z.string(), name: z.string() }).nullish(),
  targetRefs: z.array(z.object({ kind: z.string(), name: z.string() })).nullish(),
  action: z.union([z.string(), z.int()]).nullish(),
  rules: z
    .array(
      z.strictObject({
        from: z.array(z.strictObject({ source })).nullish(),
        to: z.array(z.strictObject({ operation: z.record(z.string(), texts) })).nullish(),
        when: z.array(z.strictObject({ key: z.string(), values: texts, notValues: texts })).nullish(),
      }),
    )
    .nullish()
    .transform((rules) => rules ?? []),
});
export type Policy = z.output<typeof policySchema>;
export type PolicyRule = Policy['rules'][number];

const meshSchema = z.looseObject({
  trustDomain: z.string().default('cluster.local'),
  trustDomainAliases: texts,
  rootNamespace: z.string().optional(),
  defaultServiceExportTo: texts,
  defaultVirtualServiceExportTo: texts,
});
export type MeshSettings = z.output<typeof meshSchema> & { readonly rootNamespace: string };

const configMapSchema = z.looseObject({ data: z.looseObject({ mesh: z.string() }) });

/** The settings of the mesh; undefined: they are not there, are several, cannot be read, or say no root namespace. */
export function settingsOf(documents: readonly Document[]): MeshSettings | undefined {
  const [own, ...more] = documents.flatMap(({ kind, name, namespace, value }) => {
    const { data } = configMapSchema.safeParse(value);
    return kind === 'ConfigMap' && /^istio(-.+)?$/.test(name) && data ? [{ namespace, mesh: data.data.mesh }] : [];
  });
  if (own === undefined || more.length > 0) return undefined;
  try {
    const { data } = meshSchema.safeParse(parse(own.mesh) ?? {});
    const { rootNamespace = own.namespace === usualRoot ? usualRoot : undefined } = data ?? {};
    return data && rootNamespace !== undefined ? { ...data, rootNamespace } : undefined;
  } catch {
    return undefined;
  }
}

/** Of an istiod that is told of no other. */
const usualRoot = 'istio-system';

/** `spec` of an object; undefined where it is not of the form that is known. */
export function specOf<T>(schema: z.ZodType<T>, { value }: Document): T | undefined {
  return schema.safeParse(value['spec']).data;
}

/** Objects of the input by what they are looked for: `VirtualService`, whichever version. */
export function ofKind(documents: readonly Document[], kind: string): readonly Document[] {
  return documents.filter((one) => one.kind === kind);
}

/** Could one name match both patterns? `*` and `*.suffix` are patterns, anything else is a name. */
export function hostPatternsOverlap(a: string, b: string): boolean {
  if (a === b || a === '*' || b === '*') return true;
  if (a.startsWith('*') && b.startsWith('*')) return a.endsWith(b.slice(1)) || b.endsWith(a.slice(1));
  if (b.startsWith('*')) return a.endsWith(b.slice(1));
  return a.startsWith('*') && b.endsWith(a.slice(1));
}

/** Is the object there for this namespace? Empty lists are the mesh's default. */
export function isExported(exportTo: readonly string[], own: string, to: string): boolean {
  return exportTo.some((one) => one === '*' || one === to || (one === '.' && own === to));
}
