import { z } from 'zod';
import { findingsOf } from '../../api/validation-errors.ts';

/*
 * How objects of the mesh are read: fields that decide nothing are left out, `null` is absent as the API treats it, and
 * a field of the wrong type is a fault of the object, never a guess.
 */

export function list<T extends z.ZodType>(item: T): z.ZodType<readonly z.output<T>[]> {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

export function maybe<T extends z.ZodType>(item: T): z.ZodType<z.output<T> | undefined> {
  return item.nullish().transform((value) => value ?? undefined);
}

export const text = z.string();
export const texts = list(text);
export const labels = z
  .record(text, text)
  .nullish()
  .transform((map) => map ?? {});

/** Protocols and modes are compared as upper case: Istio reads `tls` and `TLS` alike. */
export const word = text.transform((value) => value.toUpperCase());

export const portNumber = z.int().min(0).max(65535);

/** `*.Example.COM.` and `*.example.com` are one host. A `namespace/` before it stays as it is. */
export function inLowerCase(value: string): string {
  const slash = value.lastIndexOf('/') + 1;
  return value.slice(0, slash) + value.slice(slash).toLowerCase().replace(/\.$/, '');
}
export const host = text.transform(inLowerCase);
export const hosts = list(host);

const metadata = z.object({
  name: text.min(1),
  namespace: maybe(text),
  labels,
  annotations: labels,
  creationTimestamp: maybe(text),
});

/** What every object has. */
export interface Identity {
  /** `Kind/namespace/name`, `Kind/name` for cluster-scoped kinds. */
  readonly id: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339, empty when unknown: Istio lets the older of two objects win. */
  readonly created: string;
}

/** An object is its identity and its spec, side by side. */
export function namespaced<S extends object>(kind: string, spec: z.ZodType<S>): z.ZodType<Identity & S> {
  return z.object({ metadata, spec: orEmpty(spec) }).transform((object): Identity & S => {
    const { namespace = 'default', name } = object.metadata;
    return { ...identity(object.metadata, `${kind}/${namespace}/${name}`, namespace), ...object.spec };
  });
}

/** Of a kind whose fields stand beside `metadata`. */
export function withoutSpec<S extends object>(kind: string, fields: z.ZodType<S>): z.ZodType<Identity & S> {
  return z.looseObject({ metadata }).transform((object, context): Identity & S => {
    const { namespace = 'default', name } = object.metadata;
    const read = fields.safeParse(object);
    if (!read.success) {
      for (const issue of read.error.issues)
        for (const { message } of findingsOf(issue, fields, object))
          context.addIssue({ code: 'custom', path: [...issue.path], message });
      return z.NEVER;
    }
    return { ...identity(object.metadata, `${kind}/${namespace}/${name}`, namespace), ...read.data };
  });
}

export function clusterScoped<S extends object>(kind: string, spec: z.ZodType<S>): z.ZodType<Identity & S> {
  return z.object({ metadata, spec: orEmpty(spec) }).transform((object): Identity & S => ({
    ...identity(object.metadata, `${kind}/${object.metadata.name}`, ''),
    ...object.spec,
  }));
}

function orEmpty<S>(spec: z.ZodType<S>): z.ZodType<S> {
  return z.preprocess((value) => value ?? {}, spec);
}

/** Of kinds of which there is one object: its definition refuses every other name. */
export const isCalledDefault = [
  ({ name }: Identity): boolean => name === 'default',
  { path: ['metadata', 'name'], message: 'the API server takes no other name than default' },
] as const satisfies Parameters<z.ZodType<Identity>['refine']>;

function identity(meta: z.output<typeof metadata>, id: string, namespace: string): Identity {
  const { name, creationTimestamp: created = '' } = meta;
  return { id, namespace, name, labels: meta.labels, annotations: meta.annotations, created };
}
