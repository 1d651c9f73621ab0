import { UsageError } from '../core/model/usage-error.ts';
import { z } from 'zod';

const nodeSchema = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65535) });
export type RedisNode = z.infer<typeof nodeSchema>;

const targetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('single'), node: nodeSchema }),
  z.strictObject({ kind: z.literal('sentinel'), master: z.string().min(1), sentinels: z.array(nodeSchema).min(1) }),
  z.strictObject({ kind: z.literal('cluster'), nodes: z.array(nodeSchema).min(1) }),
]);

/** PEM text. */
const certificatesSchema = z.object({
  /** Of the authority that signed the server's certificate; absent: those that Node.js trusts. */
  ca: z.string().optional(),
  /** Of the client, with its key, where Redis asks for one. */
  cert: z.string().optional(),
  key: z.string().optional(),
});
export type Certificates = z.infer<typeof certificatesSchema>;

/** The certificate of the server is always verified. */
const tlsSchema = z.strictObject({
  ...certificatesSchema.shape,
  /** Reads them again, for the next connection; throws while that is not possible. Absent: they stay. */
  renewed: z.custom<() => Certificates>((value) => typeof value === 'function').optional(),
  /** Name in the certificate of the server, if it is not the host that is connected to. */
  servername: z.string().optional(),
});

/** Address and credentials of Redis. */
export const redisConfigSchema = z.strictObject({
  target: targetSchema,
  database: z.int().min(0).default(0),
  username: z.string().optional(),
  password: z.string().optional(),
  /** Sentinels have users of their own. */
  sentinelUsername: z.string().optional(),
  sentinelPassword: z.string().optional(),
  tls: tlsSchema.optional(),
});
export type RedisConfig = z.infer<typeof redisConfigSchema>;

export type RedisSecrets = Partial<
  Pick<RedisConfig, 'username' | 'password' | 'sentinelUsername' | 'sentinelPassword' | 'tls'>
>;

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?$/;

/**
 * Reads an address of Redis:
 *
 *   redis://[user:password@]host[:port][/database]
 *   redis+sentinel://[user:password@]host[:port],host[:port]/master[/database]
 *   redis+cluster://[user:password@]host[:port],host[:port]
 *
 * `rediss` in place of `redis` uses TLS. Values of `secrets` take precedence over those in the address.
 *
 * @throws UsageError naming what is wrong; it never repeats the address, which may contain a password
 */
export function parseRedisUrl(url: string, secrets: RedisSecrets = {}): RedisConfig {
  const parts = form.exec(url);
  if (parts === null) throw new UsageError('The address of Redis cannot be read; write it as redis://host:6379/0.');
  const [, scheme, topology, login, hosts = '', path = ''] = parts;
  const [first = '', second] = path.split('/');
  const kind = topology ?? 'single';
  const nodes = hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26379 : 6379));
  const database = kind === 'sentinel' ? (second ?? '') : first;
  const parsed = redisConfigSchema.safeParse({
    target: target(kind, nodes, first),
    database: database === '' ? 0 : Number(database),
    ...credentials(login),
    ...(scheme === 'rediss' && { tls: {} }),
    ...defined(secrets),
  });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path: field, message }) => `${field.join('.')}: ${message}`);
  throw new UsageError(`The address of Redis cannot be read: ${issues.join('; ')}.`);
}

function target(kind: string, nodes: readonly RedisNode[], master: string): unknown {
  if (kind === 'sentinel') return { kind, master, sentinels: nodes };
  if (kind === 'cluster') return { kind, nodes };
  return nodes.length === 1 ? { kind, node: nodes[0] } : { kind, nodes };
}

function parseNode(text: string, defaultPort: number): RedisNode {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? '', port: port === undefined ? defaultPort : Number(port) };
}

function credentials(login: string | undefined): { username?: string; password?: string } {
  if (login === undefined || login === '') return {};
  const colon = login.indexOf(':');
  const username = decodeURIComponent(colon < 0 ? login : login.slice(0, colon));
  const password = colon < 0 ? '' : decodeURIComponent(login.slice(colon + 1));
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}

function defined(secrets: RedisSecrets): RedisSecrets {
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined));
}
