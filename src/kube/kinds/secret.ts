import { z } from 'zod';
import { pathText } from '../../api/validation-errors.ts';
import type { ReadResult } from './core-kinds.ts';

/** A Secret of credentials for an enforcement point, decoded. Only `secretRef` reads it, and it is never printed. */
export interface Secret {
  /** Empty when the manifest names none; it then counts in any namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

export function readSecret(input: unknown): ReadResult<Secret> {
  const read = schema.safeParse(input);
  // Faults of other kinds quote the value.
  if (!read.success)
    return { faults: read.error.issues.map(({ path, message }) => ({ field: pathText(path), message })) };
  const { metadata, data, stringData } = read.data;
  return {
    object: {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      data: { ...decode(data ?? {}), ...stringData },
    },
  };
}

/** The data of the Secret that `secretRef: { name }` means to an installation in `namespace`; undefined: there is none. */
export function secretNamed(secrets: readonly Secret[], name: string, namespace: string): Secret['data'] | undefined {
  const named = secrets.filter((secret) => secret.name === name);
  return (named.find((secret) => secret.namespace === namespace) ?? named.find((secret) => secret.namespace === ''))
    ?.data;
}

function decode(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}

/** With a message of its own, because zod's may quote the value. */
const valueSchema = z.string({ error: 'must be a text; its value is not shown' });
const schema = z.object({
  metadata: z.object({ name: z.string().min(1), namespace: z.string().nullish() }),
  data: z.record(z.string(), valueSchema).nullish(),
  stringData: z.record(z.string(), valueSchema).nullish(),
});
