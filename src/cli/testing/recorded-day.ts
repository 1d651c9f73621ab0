import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileAuditStore } from '../../audit/files/file-audit-store.ts';
import { AssignmentLines } from '../../core/addresses/assignment-lines.ts';
import type { BegunEntry } from '../../core/audit/record.ts';

/* A directory with a record of writes and a record of addresses, as `postern run` leaves one. */

export const dayBegan = Date.parse('2026-11-29T14:00:00Z');
const hour = 3_600_000;

/** Who has which address from the beginning on. */
export interface RecordedPod {
  readonly namespace?: string;
  readonly pod: string;
  readonly workload: string;
  readonly address: string;
  readonly node?: string;
  readonly hostNetwork?: boolean;
}

/** A write, so many hours after the beginning; `open`: its outcome is not known. */
export type RecordedWrite = readonly [hours: number, entry: BegunEntry, open?: 'open'];

export async function recordedDay(pods: readonly RecordedPod[], writes: readonly RecordedWrite[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-recorded-'));
  const lines = new AssignmentLines(dayBegan);
  const held = pods.map(({ address, namespace = 'shop', node = 'n1', hostNetwork = false, pod, workload }) => {
    const holder = { namespace, pod, workload, node, hostNetwork, serviceAccount: 'default' };
    return lines.held(address, holder, dayBegan - 60_000).lines;
  });
  const text = [lines.first(), ...held, lines.looked(dayBegan + 8 * hour)].join('');
  mkdirSync(join(directory, '.addresses'));
  writeFileSync(join(directory, '.addresses', '20261129T140000000Z-1.txt'), text);
  let now = dayBegan;
  const store = new FileAuditStore({ directory, clock: { now: () => now } });
  for (const [hours, entry, open] of writes) {
    now = dayBegan + hours * hour;
    const [record] = await store.append('edge', [entry], 'durable');
    if (open === undefined)
      await store.append('edge', [{ type: 'closed', of: record?.seq ?? 0, result: 'done' }], 'durable');
  }
  await store.close();
  return directory;
}

const begun = { type: 'begun', adapter: 'memory', version: 1, reason: 'policy-changed' } as const;

export function groupWritten(id: string, members: readonly string[]): BegunEntry {
  return {
    ...begun,
    ...{ op: 'create', phase: 'grow', kind: 'group', name: id, id, title: `pods ${id}` },
    add: [...members],
  };
}

/** Members that join a group later. */
export function membersAdded(id: string, members: readonly string[]): BegunEntry {
  return { ...begun, ...{ op: 'members', phase: 'grow', kind: 'group', name: id, id }, add: [...members] };
}

/** A rule behind another; of the policy `EgressPolicy/shop/ID`. */
export function ruleWritten(
  id: string,
  source: string,
  rule: { readonly action?: 'Accept' | 'Deny'; readonly to: readonly string[]; readonly ports?: string },
  placeAfter: string | null = null,
): BegunEntry {
  const policy = { kind: 'EgressPolicy', namespace: 'shop', name: id, uid: 'u', generation: 1, field: 'spec.to[0]' };
  const isNetwork = (text: string): boolean => text.includes('/');
  const destination = {
    any: false,
    names: rule.to.filter((text) => !isNetwork(text)),
    networks: rule.to.filter(isNetwork),
  };
  return {
    ...begun,
    ...{ op: 'create', phase: 'wire', kind: 'rule', name: id, id, title: `rule ${id}`, policies: [policy], placeAfter },
    rule: { action: rule.action ?? 'Accept', sources: [source], destination, ports: rule.ports ?? 'TCP 443' },
  };
}

export function ruleDeleted(id: string): BegunEntry {
  return { ...begun, ...{ op: 'delete', phase: 'revoke', kind: 'rule', name: id, id } };
}
