import type { LoggedRequest, Simulator } from '../../kit/simulator/simulator.ts';
import type { AuditLines } from '../audit/audit-store.ts';
import { recordIn } from '../core/audit/history.ts';
import type { Firewall } from './firewalls.ts';
import { ChainVerifier, type ChainReport } from '../core/audit/verify-chain.ts';

/** The audit record of a point, held against what its firewall says that it was asked. */
export interface RecordCheck {
  readonly chain: ChainReport;
  /** Writes that are on record. */
  readonly writes: number;
  /** Requests that may change something, as the firewall has logged them. */
  readonly requests: number;
  /** Those of them that are not on record, or on record and not there, in order. */
  readonly mismatches: readonly string[];
}

/** Can its log be held against the record? Others are asked by POST, whether it is a look or a change, and the log does not tell. */
export function isComparable({ device }: Pick<Firewall, 'device'>): boolean {
  return device.kind === 'fortigate' || device.kind === 'f5-afm';
}

/** Request by request, in their order. */
export async function checkRecord(
  lines: AuditLines,
  point: string,
  firewall: Pick<Simulator, 'requests'>,
): Promise<RecordCheck> {
  const verifier = new ChainVerifier(point, { head: await lines.keptHead(point) });
  const recorded: string[] = [];
  let writes = 0;
  for await (const { text, where } of lines.lines(point)) {
    verifier.line(text, where);
    const record = recordIn(text);
    if (record?.type === 'begun') writes += 1;
    if (record?.type !== 'closed') continue;
    for (const { request, status, count } of record.requests ?? [])
      // What no answer came to may never have arrived: a connection that the firewall closed while nothing was asked.
      if (status !== 0) for (let sent = 0; sent < count; sent += 1) recorded.push(request);
  }
  const asked = firewall.requests().filter(mayChange);
  const mismatches = Array.from({ length: Math.max(asked.length, recorded.length) }, (_, index) => {
    const [request, template] = [asked[index], recorded[index]];
    const seen = request === undefined ? undefined : `${request.method} ${request.path}`;
    const same = seen !== undefined && template !== undefined && isOf(template, seen);
    return same ? [] : [`${seen ?? 'nothing'} was asked, ${template ?? 'nothing'} is on record`];
  });
  return { chain: verifier.end(), writes, requests: asked.length, mismatches: mismatches.flat() };
}

/** Anything but a look, and but a login, which changes nothing. */
export function mayChange({ method, path }: Pick<LoggedRequest, 'method' | 'path'>): boolean {
  return method !== 'GET' && !/\/auth[nz]\//.test(path);
}

/** Is this request one of that template? What a template leaves out are names and most of the query. */
function isOf(template: string, request: string): boolean {
  const [path = ''] = template.split('?');
  const [asked = ''] = request.split('?');
  const [wanted, found] = [path.split('/'), asked.split('/')];
  return wanted.length === found.length && wanted.every((part, index) => part.startsWith('{') || part === found[index]);
}
