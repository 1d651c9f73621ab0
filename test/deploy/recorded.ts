import { z } from 'zod';
import type { FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import type { LoggedRequest } from '../../kit/simulator/simulator.ts';

/** What `postern audit export -o json` gives of one write, as far as it matters here. */
const writeSchema = z.looseObject({
  at: z.iso.datetime(),
  closedAt: z.string(),
  op: z.string(),
  kind: z.string(),
  name: z.string(),
  reason: z.string(),
  result: z.string(),
  requests: z.array(z.looseObject({ request: z.string(), status: z.number(), count: z.number() })).default([]),
});
export type RecordedWrite = z.infer<typeof writeSchema>;

export function recordedWrites(exported: string): readonly RecordedWrite[] {
  return z.array(writeSchema).parse(JSON.parse(exported));
}

/** A request, and what it is about. */
export interface SeenRequest extends LoggedRequest {
  /** As the record has it, `POST /api/v2/cmdb/firewall/address`. */
  readonly shape: string;
  /** `firewall/address` */
  readonly table: string;
  /** The entry, its member, and those that the body names. */
  readonly names: readonly string[];
}

const policiesSchema = z.array(z.looseObject({ policyid: z.coerce.string(), name: z.string() }));

/** What a FortiGate is asked to change from now on. A policy is known by its name, which most requests about it do not say. */
export function seenBy(firewall: FortigateSimulator): readonly SeenRequest[] {
  const seen: SeenRequest[] = [];
  const policies = new Map<string, string>();
  firewall.onRequest((request) => {
    if (request.method === 'GET') return;
    for (const { policyid, name } of policiesSchema.parse(firewall.rows('firewall/policy')))
      policies.set(policyid, name);
    const { shape, table, keys } = target(request);
    const policy = table === 'firewall/policy' ? policies.get(keys[0] ?? '') : undefined;
    const inBody = [...request.body.matchAll(/"name":"([^"]+)"/g)].map(([, name = '']) => name);
    seen.push({ ...request, shape, table, names: [...(policy === undefined ? keys : [policy]), ...inBody] });
  });
  return seen;
}

export interface Comparison {
  /** Requests that are on record and that the device never saw. */
  readonly invented: readonly string[];
  /** Requests that changed the device, are on record neither by themselves nor by an object that was then found changed. */
  readonly unrecorded: readonly string[];
  /** Objects that are on record as written, and that no request ever named. */
  readonly unasked: readonly string[];
  /** Requests that only the object on record explains: their sender was killed before the answer. */
  readonly orphaned: number;
}

/**
 * Holds the record against what a FortiGate has seen, one to one: each request on record is one about that object, made
 * while the write was open. Clocks of one machine are compared.
 */
export function compare(writes: readonly RecordedWrite[], requests: readonly SeenRequest[]): Comparison {
  const left = new Set(requests);
  const invented = writes.flatMap((write) =>
    write.requests
      .filter(({ request }) => !request.startsWith('GET '))
      .flatMap(({ request, status, count }) => {
        const fits = (seen: SeenRequest): boolean => seen.shape === request && seen.status === status;
        const its = [...left].filter((seen) => fits(seen) && isDuring(write, seen)).slice(0, count);
        for (const seen of its) left.delete(seen);
        return its.length === count ? [] : [`${write.at} ${request} ${status} ${write.name}`];
      }),
  );
  const rest = [...left].filter(({ wrote }) => wrote);
  const unanswered = writes.filter(isUnanswered);
  const unrecorded = rest.filter((seen) => !unanswered.some((write) => isDuring(write, seen)));
  const asked = new Set(requests.filter(({ wrote }) => wrote).flatMap(({ names }) => names));
  const written = writes.filter(({ result }) => result === 'done' || result === 'found-done');
  return {
    invented,
    unrecorded: unrecorded.map(({ at, method, path, status, names }) => [at, method, path, status, ...names].join(' ')),
    unasked: written.filter(({ name }) => !asked.has(name)).map(({ op, kind, name }) => `${op} ${kind} ${name}`),
    orphaned: rest.length - unrecorded.length,
  };
}

/** The sender was killed before the answer. Of several members, some may have been changed. */
function isUnanswered({ op, result }: RecordedWrite): boolean {
  return result === 'found-done' || (result === 'found-not-done' && op === 'members');
}

/** About this object, and made after the write was begun and before its outcome was known. */
function isDuring({ at, closedAt, kind, name }: RecordedWrite, request: SeenRequest): boolean {
  const isAbout = request.table === kind && request.names.includes(name);
  return isAbout && at <= request.at && request.at <= closedAt;
}

/** Of `/api/v2/cmdb/firewall/addrgrp/web/member/web-1`: without names and parameters but the action, the table, and the names. */
function target({ method, path }: LoggedRequest): Pick<SeenRequest, 'shape' | 'table'> & { readonly keys: string[] } {
  const { pathname, searchParams } = new URL(path, 'https://device');
  const [api, version, cmdb, folder, table, ...rest] = pathname.split('/').slice(1);
  const isKey = (index: number): boolean => index % 2 === 0;
  const plain = [api, version, cmdb, folder, table, ...rest.map((part, index) => (isKey(index) ? '{mkey}' : part))];
  const action = searchParams.get('action');
  return {
    shape: `${method} /${plain.join('/')}${action === null ? '' : `?action=${action}`}`,
    table: `${folder}/${table}`,
    keys: rest.filter((_, index) => isKey(index)).map(decodeURIComponent),
  };
}
