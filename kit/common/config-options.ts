import { z } from 'zod';

/* Options of `spec.config` that every device behind HTTPS has. */

/** @param host an example of a name, `fw.example.com` */
export function deviceUrl(host: string): z.ZodString {
  return z
    .string()
    .regex(/^https:\/\/[^\s/?#@]+\/?$/i, 'must be https://host or https://host:port, without a path or credentials')
    .describe(`Where the management interface answers: https://192.0.2.1 or https://${host}:8443.`);
}

/** The device that a `deviceUrl` leads to, however it is spelled. */
export function deviceHost({ url }: { readonly url: string }): string {
  return new URL(url).host;
}

export function requestTimeoutMs(initial: number): z.ZodDefault<z.ZodInt> {
  return z.int().min(1_000).max(600_000).default(initial).describe('Milliseconds that one request may take.');
}

/** What the inspection profiles that policies name are on this device, by name. */
export function inspectionProfiles<P extends z.ZodType>(
  profile: P,
  description: string,
): z.ZodDefault<z.ZodRecord<z.ZodString, P>> {
  const profiles = z.record(z.string(), profile);
  return profiles.default({} as z.output<typeof profiles>).describe(description);
}
