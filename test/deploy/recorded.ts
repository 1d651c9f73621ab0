import { z } from 'zod';
import type { LoggedRequest } from '../../kit/simulator/simulator.ts';

/** What `postern audit export -o json` gives of one write, as far as it matters here. */
const writeSchema = z.looseObject({
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

export interface Comparison {
  /** Requests that are on record and that the device never saw. */
  readonly invented: readonly string[];
  /** Requests that changed the device, are on record neither by themselves nor by an object that was then found changed. */
  readonly unrecorded: readonly string[];
  /** Objects that are on record as written, and that no request ever named. */
  readonly unasked: readonly string[];
  /** Requests that only the object on record explains: whoever made them was killed before the answer. */
  readonly orphaned: number;
}

/** Holds the record against what a FortiGate has seen, one to one. */
export function compare(writes: readonly RecordedWrite[], requests: readonly LoggedRequest[]): Comparison {
  const open = new Map<string, LoggedRequest[]>();
  for (const request of requests.filter(({ method }) => method !== 'GET')) {
    const key = `${shape(request)} ${request.status}`;
    open.set(key, [...(open.get(key) ?? []), request]);
  }
  const invented = writes.flatMap(({ requests: asked }) =>
    asked
      .filter(({ request }) => !request.startsWith('GET '))
      .flatMap(({ request, status, count }) => {
        const left = open.get(`${request} ${status}`) ?? [];
        return left.splice(0, count).length === count ? [] : [`${request} ${status}`];
      }),
  );
  const rest = [...open.values()].flat().filter(({ wrote }) => wrote);
  const written = writes.filter(({ result }) => result === 'done' || result === 'found-done');
  const found = new Set(writes.filter(({ result }) => result === 'found-done').map(({ name }) => name));
  const asked = new Set(requests.filter(({ wrote }) => wrote).flatMap(namesIn));
  const unrecorded = rest.filter((request) => !namesIn(request).some((name) => found.has(name)));
  return {
    invented,
    unrecorded: unrecorded.map(({ method, path, status }) => `${method} ${path} ${status}`),
    unasked: written.filter(({ name }) => !asked.has(name)).map(({ op, kind, name }) => `${op} ${kind} ${name}`),
    orphaned: rest.length - unrecorded.length,
  };
}

/** As the record has it: without names, and without parameters but the action. */
function shape({ method, path }: LoggedRequest): string {
  const { pathname, searchParams } = new URL(path, 'https://device');
  const [, api, version, cmdb, folder, table, key, child, member] = pathname.split('/');
  const keys = [key && '{mkey}', child, member && '{mkey}'];
  const action = searchParams.get('action');
  const plain = [api, version, cmdb, folder, table, ...keys].filter((part) => part !== undefined && part !== '');
  return `${method} /${plain.join('/')}${action === null ? '' : `?action=${action}`}`;
}

/** The objects that a request is about, by name. */
function namesIn({ path, body }: LoggedRequest): readonly string[] {
  const inPath = decodeURIComponent(new URL(path, 'https://device').pathname).split('/').slice(6);
  const inBody = [...body.matchAll(/"name":"([^"]+)"/g)].map(([, name = '']) => name);
  return [...inPath, ...inBody];
}
