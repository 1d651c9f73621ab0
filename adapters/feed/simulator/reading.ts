import { isIP } from 'node:net';
import { z } from 'zod';
import type { Behaviour } from './behaviour.ts';

/** One row of the list of rules, as those who keep the consumer's rules take it over. */
const rowSchema = z.object({
  name: z.string(),
  action: z.enum(['Accept', 'Deny']),
  sources: z.array(z.string()),
  destinations: z.union([
    z.literal('any'),
    z.object({ addresses: z.string().optional(), domains: z.string().optional(), urls: z.string().optional() }),
  ]),
  ports: z.array(z.object({ protocol: z.enum(['TCP', 'UDP']), port: z.number(), endPort: z.number().optional() })),
});
export type Row = z.infer<typeof rowSchema>;

/** Undefined: it is no list of rules. */
export function readRows(body: string): readonly Row[] | undefined {
  return z.object({ rules: z.array(rowSchema) }).safeParse(parsed(body)).data?.rules;
}

/** Lists by the path that rules name them by; undefined: nothing that it recognises. */
export type Lists = ReadonlyMap<string, readonly string[]>;

/** The entries in what was answered for a path, as a device of this kind finds them. */
export function readLists(path: string, body: string, { reads }: Pick<Behaviour, 'reads'>): Lists | undefined {
  if (reads === 'check-point') return readDataCenter(body);
  if (reads === 'fortigate') return readAddresses(body);
  const entries = readLines(path, body);
  return entries.length === 0 ? undefined : new Map([[path, entries]]);
}

/** A line is an entry up to the first space; lines that are none are passed over. */
function readLines(path: string, body: string): readonly string[] {
  const fits = path.endsWith('.domain.txt') ? isName : path.endsWith('.url.txt') ? isUrl : isNetwork;
  return body
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s/, 1)[0] ?? '')
    .filter((entry) => !entry.startsWith('#') && fits(entry));
}

const dataCenterSchema = z.object({
  version: z.string(),
  description: z.string(),
  objects: z.array(
    z.object({ name: z.string(), id: z.uuid(), description: z.string(), ranges: z.array(z.string()).min(1) }),
  ),
});

function readDataCenter(body: string): Lists | undefined {
  const read = dataCenterSchema.safeParse(parsed(body)).data;
  return read && new Map(read.objects.map(({ name, ranges }) => [pathOf(name), ranges.filter(isNetwork)]));
}

const addressesSchema = z.object({ addresses: z.array(z.object({ name: z.string(), value: z.array(z.string()) })) });

function readAddresses(body: string): Lists | undefined {
  const read = addressesSchema.safeParse(parsed(body)).data;
  const ipv4 = (entry: string): boolean => isNetwork(entry) && !entry.includes(':');
  return read && new Map(read.addresses.map(({ name, value }) => [pathOf(name), value.filter(ipv4)]));
}

/** The path by which rules name an object. */
function pathOf(object: string): string {
  return object.endsWith('.to') ? `rules/${object.slice(0, -3)}.ip.txt` : `lists/${object}.txt`;
}

function isNetwork(entry: string): boolean {
  const [address = '', prefix, more] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function isName(entry: string): boolean {
  return /^(\*\.)?([a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/i.test(entry);
}

function isUrl(entry: string): boolean {
  return isName(entry.replace(/\/.*$/, ''));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
