import { createHash, timingSafeEqual } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseAddress } from '../../../src/net/address.ts';
import { containsCidr, parseCidr, type Cidr } from '../../../src/net/cidr.ts';

const secret = z.string().min(12, 'must have at least 12 characters').max(512);
const cidr = z.string().transform((text, context): Cidr => {
  const read = parseCidr(text);
  if (read !== undefined) return read;
  context.addIssue({ code: 'custom', message: `must be a network such as 192.0.2.0/24, not ${text}` });
  return z.NEVER;
});

const consumerSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens'),
    /** Feeds that it may fetch; absent: all. */
    feeds: z.array(z.string()).optional(),
    /** Where it may come from; absent: from anywhere. */
    from: z.array(cidr).min(1).optional(),
    basic: z
      .array(
        z.strictObject({
          username: z
            .string()
            .min(1)
            .regex(/^[^:]*$/, 'must be without a colon'),
          password: secret,
        }),
      )
      .default([]),
    bearer: z.array(secret).default([]),
    /** SHA-256 of client certificates, hexadecimal. */
    certificates: z
      .array(
        z
          .string()
          .transform((text) => text.replaceAll(':', '').toLowerCase())
          .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 fingerprint')),
      )
      .default([]),
  })
  .refine(({ basic, bearer, certificates }) => basic.length + bearer.length + certificates.length > 0, {
    message: 'set basic, bearer or certificates: every consumer needs a credential',
  });

const fileSchema = z.strictObject({
  consumers: z
    .array(consumerSchema)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two consumers have the same name'),
});

/** Who may fetch what, from where. */
export interface KnownConsumer {
  readonly name: string;
  readonly feeds: readonly string[] | undefined;
  readonly from: readonly Cidr[] | undefined;
  /** Digests of what it may show. */
  readonly credentials: readonly Buffer[];
  readonly usernames: readonly string[];
}

/** What a request shows, by which a consumer is known. */
export interface Shown {
  /** The header as it came. */
  readonly authorization: string | undefined;
  /** Of the client certificate that the TLS handshake verified. */
  readonly fingerprint: string | undefined;
}

/** @throws Error that names the field, never a value: the text holds credentials */
export function readConsumers(text: string): readonly KnownConsumer[] {
  const read = fileSchema.safeParse(parsed(text));
  if (!read.success) {
    const told = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
    throw new Error(told.join('; '));
  }
  return read.data.consumers.map(({ name, feeds, from, basic, bearer, certificates }) => ({
    name,
    feeds,
    from,
    usernames: basic.map(({ username }) => username),
    credentials: [
      ...basic.map(({ username, password }) => digest('basic', `${username}:${password}`)),
      ...bearer.map((token) => digest('bearer', token)),
      ...certificates.map((fingerprint) => digest('certificate', fingerprint)),
    ],
  }));
}

/** The consumer of a request; its credential is compared with those of all consumers, in constant time. */
export function consumerOf(consumers: readonly KnownConsumer[], shown: Shown): KnownConsumer | undefined {
  const digests = digestsOf(shown);
  let found: KnownConsumer | undefined;
  for (const consumer of consumers)
    for (const known of consumer.credentials)
      for (const given of digests) if (timingSafeEqual(known, given)) found ??= consumer;
  return found;
}

/** The consumer that a request says it is of, by its user name, whether or not the rest is right. */
export function claimedBy(consumers: readonly KnownConsumer[], { authorization }: Shown): KnownConsumer | undefined {
  const username = basicOf(authorization)?.split(':', 1)[0];
  return username === undefined ? undefined : consumers.find(({ usernames }) => usernames.includes(username));
}

export function mayComeFrom({ from }: KnownConsumer, remoteAddress: string): boolean {
  const address = parseAddress(remoteAddress.replace(/^::ffff:/i, ''));
  if (from === undefined) return true;
  return address !== undefined && from.some((network) => containsCidr(network, address));
}

function digestsOf({ authorization = '', fingerprint }: Shown): readonly Buffer[] {
  const basic = basicOf(authorization);
  const [, bearer] = /^bearer (\S{1,2000})$/i.exec(authorization) ?? [];
  return [
    ...(basic === undefined ? [] : [digest('basic', basic)]),
    ...(bearer === undefined ? [] : [digest('bearer', bearer)]),
    ...(fingerprint === undefined ? [] : [digest('certificate', fingerprint.replaceAll(':', '').toLowerCase())]),
  ];
}

function basicOf(authorization = ''): string | undefined {
  const [, encoded] = /^basic ([A-Za-z0-9+/=]{1,2000})$/i.exec(authorization) ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

function digest(kind: string, value: string): Buffer {
  return createHash('sha256').update(`${kind} ${value}`).digest();
}

function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}
