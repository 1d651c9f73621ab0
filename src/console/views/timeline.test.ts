import { describe, expect, it } from 'vitest';
import { aBegun, aClosed } from '../../../test/kit/audit-records.ts';
import { genesis, seal, type Head } from '../../core/audit/chain.ts';
import type { AuditEntry, AuditRule } from '../../core/audit/record.ts';
import { TimelineReader } from './timeline.ts';

const group = 'a'.repeat(12);
const stripe = rule(['api.stripe.com']);

function rule(names: readonly string[], fields: Partial<AuditRule> = {}): AuditRule {
  const destination = { any: false, names: [...names], networks: [] };
  return { action: 'Accept', sources: [group], destination, ports: 'TCP 443', ...fields };
}

/** Lines of a chain, a second between them. */
function chain(
  entries: readonly AuditEntry[],
  point = 'edge',
): { readonly lines: readonly string[]; readonly head: Head } {
  let head = genesis;
  const lines = entries.map((entry, at) => {
    const sealed = seal(entry, point, head, new Date(1_700_000_000_000 + at * 1_000).toISOString());
    head = sealed.head;
    return sealed.line;
  });
  return { lines, head };
}

function read(lines: readonly string[], head: Head | undefined) {
  const reader = new TimelineReader('edge', 'edge', head);
  lines.forEach((line, at) => reader.line(line, `1.jsonl:${at + 1}`));
  return reader.end();
}

/** What these writes opened and closed, change by change; each is done. */
function told(...writes: readonly Parameters<typeof aBegun>[0][]) {
  const entries = writes.flatMap((write, at) => [aBegun({ version: at + 1, ...write }), aClosed(at * 2 + 1)]);
  const { lines, head } = chain(entries);
  return read(lines, head).changes.map(({ opened, closed }) => ({
    opened: opened.map(({ who, addresses, to, ports }) => [who, addresses, to, ports].filter(Boolean).join(' ')),
    closed: closed.map(({ who, addresses, to, ports }) => [who, addresses, to, ports].filter(Boolean).join(' ')),
  }));
}

const creates = {
  ...{ op: 'create', kind: 'group', name: 'g', id: group, title: 'pods app=web' },
  add: ['10.0.0.1'],
} satisfies Parameters<typeof aBegun>[0];
const permits = {
  ...{ op: 'create', kind: 'policy', name: 'p', id: 'r1', rule: stripe },
  add: [],
} satisfies Parameters<typeof aBegun>[0];

describe('a timeline', () => {
  it('opens with the rule, and then with each address that joins', () => {
    expect(
      told(
        creates,
        permits,
        { id: group, add: ['10.0.0.2'] },
        { id: group, add: [] as string[], remove: ['10.0.0.1'] },
      ),
    ).toEqual([
      { opened: [], closed: [] },
      { opened: ['pods app=web api.stripe.com TCP 443'], closed: [] },
      { opened: ['pods app=web 10.0.0.2 api.stripe.com TCP 443'], closed: [] },
      { opened: [], closed: ['pods app=web 10.0.0.1 api.stripe.com TCP 443'] },
    ]);
  });

  it('says of a changed rule what is more and what is less, and all of it on other ports', () => {
    const update = { op: 'update', kind: 'policy', name: 'p', id: 'r1', add: [] } satisfies Parameters<
      typeof aBegun
    >[0];
    expect(
      told(
        creates,
        permits,
        { ...update, rule: rule(['api.stripe.com', 'js.stripe.com']) },
        { ...update, rule: rule(['js.stripe.com']) },
        { ...update, rule: rule(['js.stripe.com'], { ports: 'TCP 80' }) },
      ).slice(2),
    ).toEqual([
      { opened: ['pods app=web js.stripe.com TCP 443'], closed: [] },
      { opened: [], closed: ['pods app=web api.stripe.com TCP 443'] },
      { opened: ['pods app=web js.stripe.com TCP 80'], closed: ['pods app=web js.stripe.com TCP 443'] },
    ]);
  });

  it('closes with the last object of a rule, and the other way round for a rule that denies', () => {
    const gone = { op: 'delete', kind: 'policy', id: 'r1', add: [] } satisfies Parameters<typeof aBegun>[0];
    const twice = told(creates, permits, { ...permits, name: 'p2' }, { ...gone, name: 'p' }, { ...gone, name: 'p2' });
    expect(twice.map(({ opened, closed }) => [opened.length, closed.length])).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 1],
    ]);
    const denies = { ...permits, rule: rule(['x.example'], { action: 'Deny' }) };
    const denied = told(creates, denies, { ...gone, name: 'p' });
    expect(denied.map(({ opened, closed }) => [opened.length, closed.length])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
  });

  it('joins writes of one version and reason, and tells what failed without claiming that it opened', () => {
    const { lines, head } = chain([
      aBegun({ ...creates, reason: 'policy-changed' }),
      aBegun({
        ...permits,
        reason: 'policy-changed',
        policies: [
          {
            kind: 'EgressPolicy',
            namespace: 'shop',
            name: 'web',
            uid: 'u',
            generation: 2,
            field: 'spec.to[0]',
            changedBy: { manager: 'kubectl', at: '' },
          },
        ],
      }),
      aClosed(1),
      aClosed(2, { result: 'error', errorClass: 'invalid', message: 'refused' }),
    ]);
    expect(read(lines, head).changes).toMatchObject([
      {
        writes: 2,
        result: 'partly',
        message: 'refused',
        opened: [],
        policies: [{ name: 'EgressPolicy/shop/web', by: 'kubectl' }],
      },
    ]);
  });

  it('tells of a write that was carried out after a reading had not found it what it opened, and does not call it failed', () => {
    const entries = [
      ...[aBegun({ ...creates }), aClosed(1), aBegun({ ...permits }), aClosed(3)],
      ...[aBegun({ id: group, name: 'g', version: 2, add: ['10.0.0.2'] }), aClosed(5, { result: 'found-not-done' })],
    ];
    const last = (...late: readonly AuditEntry[]) => {
      const { lines, head } = chain([...entries, ...late]);
      const { result, opened } = read(lines, head).changes.at(-1) ?? {};
      return [result, opened?.map(({ addresses }) => addresses)];
    };
    expect([last(), last(aClosed(5))]).toEqual([
      ['failed', []],
      ['done', ['10.0.0.2']],
    ]);
  });

  it('tells a write without an outcome as under way', () => {
    const { lines, head } = chain([aBegun(creates)]);
    expect(read(lines, head)).toMatchObject({ changes: [{ result: 'pending' }], record: { unsettled: 1, holes: [] } });
  });

  it('finds holes where they are, and goes on', () => {
    const entries = Array.from({ length: 6 }, (_, at) => (at % 2 === 0 ? aBegun({ version: at + 1 }) : aClosed(at)));
    const { lines, head } = chain(entries);
    const [first, second, , , ...rest] = lines as [string, string, string, string, ...string[]];
    const { record, changes } = read([first, second, ...rest], head);
    expect(record.holes).toMatchObject([{ after: '2023-11-14T22:13:21.000Z', code: 'missing' }]);
    expect(changes).toHaveLength(2);
    expect(read([first, second], head).record.holes).toMatchObject([{ code: 'truncated' }]);
    const altered = lines.with(2, (lines[2] ?? '').replace('"version":3', '"version":4'));
    expect(read(altered, head).record.holes.map(({ code }) => code)).toContain('altered');
  });

  it('keeps the last changes, and counts the others', () => {
    const { lines, head } = chain(Array.from({ length: 1_200 }, (_, at) => aBegun({ version: at + 1 })));
    const { changes, left } = read(lines, head);
    expect(changes.length + left).toBe(1_200);
    expect(changes.length).toBeLessThanOrEqual(1_000);
  });
});
