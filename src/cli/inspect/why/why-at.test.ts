import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../../../test/kit/folders.ts';
import { FileAuditStore } from '../../../audit/files/file-audit-store.ts';
import { AssignmentLines } from '../../../core/addresses/assignment-lines.ts';
import type { BegunEntry } from '../../../core/audit/record.ts';
import { runPostern, type Ran } from '../../testing/run-postern.ts';

/* `postern why --at`: what became of a flow, by the record alone. */

const start = Date.parse('2026-11-29T14:00:00Z');
const approvedBy = { approver: 'alice', approval: 'web-1', until: '2027-01-01T00:00:00Z' };
const policy = { kind: 'EgressPolicy', namespace: 'shop', name: 'web', uid: 'u', generation: 3, field: 'spec.to[0]' };
const begun = { type: 'begun', adapter: 'memory', version: 1, reason: 'policy-changed' } as const;
const group: BegunEntry = {
  ...begun,
  ...{ op: 'create', phase: 'grow', kind: 'group', name: 'g', id: 'g1', title: 'pods app=web', add: ['10.2.3.4'] },
};
const rule: BegunEntry = {
  ...begun,
  ...{ op: 'create', phase: 'wire', kind: 'rule', name: 'r', id: 'r1', title: 'Accept pods app=web -> payments' },
  policies: [{ ...policy, approvedBy }],
  rule: {
    action: 'Accept',
    sources: ['g1'],
    destination: { any: false, names: [], networks: ['192.0.2.0/24'] },
    ports: 'TCP 443',
  },
};

describe('postern why --at', () => {
  const directory = aFolder();
  const why = (at: string, to: string, pod = 'shop/web-1'): Promise<Ran> =>
    runPostern(['why', pod, to, '--at', at, '--audit-dir', directory]);

  beforeAll(async () => {
    const lines = new AssignmentLines(start);
    const holder = { namespace: 'shop', serviceAccount: 'web', workload: 'Deployment/web', node: 'n1' };
    const first = lines.held('10.2.3.4', { ...holder, hostNetwork: false, pod: 'web-1' }, start - 60_000);
    mkdirSync(join(directory, '.addresses'));
    const text = lines.first() + first.lines + lines.looked(start + 7_200_000);
    writeFileSync(join(directory, '.addresses', '20261129T140000000Z-1.txt'), text);
    let now = start + 600_000;
    const store = new FileAuditStore({ directory, clock: { now: () => now } });
    const write = async (entry: BegunEntry): Promise<void> => {
      const [record] = await store.append('edge', [entry], 'durable');
      await store.append('edge', [{ type: 'closed', of: record?.seq ?? 0, result: 'done' }], 'durable');
    };
    await write(group);
    await write(rule);
    now = start + 3_600_000;
    await write({ ...rule, op: 'delete', phase: 'revoke', reason: 'expired' });
    await store.close();
  });

  it('answers as it was, and says by whose policy and whose approval', async () => {
    const { code, out } = await why('2026-11-29T14:30:00Z', '192.0.2.7:443');
    expect(code).toBe(0);
    expect(out).toContain('shop/web-1 as 10.2.3.4 to 192.0.2.7:443/TCP at 2026-11-29T14:30:00.000Z: Accept');
    expect(out).toContain('EgressPolicy/shop/web@3, approved by alice until 2027-01-01T00:00:00Z');
    expect((await why('2026-11-29T14:05:00Z', '192.0.2.7:443')).out).toContain('Nothing is on record of any');
    expect((await why('2026-11-29T15:30:00Z', '192.0.2.7:443')).out).toMatch(/: Deny\n.*no rule on record/);
    expect((await why('2026-11-29T14:30:00Z', '192.0.2.7:80')).out).toContain(': Deny');
  });

  it('says what is not known', async () => {
    const nobody = await why('2026-11-29T14:30:00Z', '192.0.2.7:443', 'shop/web-2');
    expect([nobody.code, nobody.out]).toEqual([4, expect.stringContaining('Which address shop/web-2 had then')]);
    const late = await why('2026-11-29T18:00:00Z', '192.0.2.7:443');
    expect([late.code, late.out]).toEqual([4, expect.stringContaining('The record of addresses goes from')]);
  });

  it('asks neither files nor devices', async () => {
    const both = await runPostern(['why', 'shop/web-1', '192.0.2.7:443', '--at', '1h', '-f', '-']);
    expect(both).toMatchObject({ code: 1, err: expect.stringContaining('leave out --at') as string });
  });
});
