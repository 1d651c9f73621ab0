import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Holder } from './assignment.ts';
import { AssignmentIndex } from './assignment-index.ts';
import { AssignmentLines } from './assignment-lines.ts';
import { AssignmentReader } from './read-assignments.ts';

const start = Date.parse('2026-11-29T00:00:00Z');
const holder = (pod: string, more: Partial<Holder> = {}): Holder => ({
  namespace: 'shop',
  pod,
  workload: 'Deployment/web',
  serviceAccount: 'web',
  node: 'node-1',
  hostNetwork: false,
  ...more,
});

function read(...segments: readonly string[]) {
  const reader = new AssignmentReader();
  const faults = segments.map((text) => reader.segment(text));
  return { record: reader.record(), faults };
}

/** A segment of web-1 at 10.0.0.1 for a minute, then of web-2 at the same address. */
function handedOver(): string {
  const lines = new AssignmentLines(start);
  const first = lines.began(start + 10_000, '10.0.0.1', holder('web-1'), start + 9_000);
  const end = lines.ended(start + 70_000, first.number);
  const second = lines.began(start + 80_000, '10.0.0.1', holder('web-2'), start + 78_000);
  return lines.first() + first.lines + end + second.lines + lines.looked(start + 200_000);
}

describe('the lines of the record of addresses', () => {
  it('give back what was written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
    const written = fc.record({
      namespace: name,
      pod: name,
      workload: name.map((text) => `Deployment/${text}`),
      serviceAccount: name,
      node: name,
      hostNetwork: fc.boolean(),
    });
    const network = fc.option(name, { nil: undefined });
    const event = fc.record({
      who: written,
      wait: fc.nat(100_000),
      age: fc.nat(60_000),
      address: fc.ipV4(),
      ends: fc.boolean(),
      network,
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const lines = new AssignmentLines(start);
        let text = lines.first();
        let now = start;
        const expected = events.map(({ who: { hostNetwork, ...rest }, wait, age, address, ends, network }) => {
          const who = { ...rest, ...(network === undefined ? { hostNetwork } : { hostNetwork: false, network }) };
          const since = (now += wait);
          const began = lines.began(now, address, who, now - age);
          text += began.lines;
          if (ends) text += lines.ended((now += 1_000), began.number);
          return {
            ...who,
            address,
            since,
            earliest: since - age,
            until: ends ? now : undefined,
            endedAfter: undefined,
          };
        });
        const { record, faults } = read(text);
        expect(faults).toEqual([undefined]);
        expect(record.assignments).toEqual(expected);
      }),
    );
  });

  it('take under 60 bytes for an address that came and went', () => {
    const lines = new AssignmentLines(start);
    let size = 0;
    for (let at = 0; at < 1_000; at += 1) {
      const pod = `checkout-7d4b9c6f5d-${at.toString(36).padStart(5, 'x')}`;
      const who = holder(pod, {
        workload: `Deployment/checkout`,
        node: `ip-10-0-${at % 50}-17.eu-west-1.compute.internal`,
      });
      const began = lines.began(start + at * 900, `10.200.${at >> 8}.${at & 255}`, who, start + at * 900 - 4_000);
      size += began.lines.length + lines.ended(start + at * 900 + 400, began.number).length;
    }
    expect(size / 1_000).toBeLessThan(60);
  });

  it.each([
    ['that is cut in half', (text: string) => text.slice(0, -20)],
    ['whose last line is still being written', (text: string) => `${text}+ 5 10.0`],
  ])('are read up to the end of a segment %s', (_, spoil) => {
    const { record } = read(spoil(handedOver()));
    expect(record.assignments.map(({ pod }) => pod)).toContain('web-1');
  });

  it.each(['x 1 2', '+ 1 10.0.0.9 7 web 0', '- 1 99', '+ ! 10.0.0.9 0 ~1 0', '= 0 10.0.0.9 0 ~1 0'])(
    'name the first that cannot be read: %s',
    (line) => {
      const lines = handedOver().split('\n');
      const { record, faults } = read([...lines.slice(0, 4), line, ...lines.slice(4)].join('\n'));
      expect(faults).toEqual([5]);
      expect(record.assignments).toHaveLength(1);
    },
  );
});

describe('who had an address', () => {
  const index = new AssignmentIndex(read(handedOver()).record);
  const at = (seconds: number) => {
    const { holders, doubts } = index.holdersAt('10.0.0.1', start + seconds * 1_000);
    return { pods: holders.map(({ pod }) => pod), doubts: doubts.map(({ kind }) => kind) };
  };

  it.each([
    [40, ['web-1'], []],
    [120, ['web-2'], []],
    [5, [], []],
    [74, [], []],
    // The kubelet had taken it on, and nobody had seen its address yet.
    [9, ['web-1'], ['at-the-edge']],
    // It was seen to have ended within the resolution after that.
    [69, ['web-1'], ['at-the-edge']],
    [79, ['web-2'], ['at-the-edge']],
    [-1, [], ['outside']],
    [201, ['web-2'], ['outside']],
  ])('after %i s: %j, in doubt %j', (seconds, pods, doubts) => {
    expect(at(seconds)).toEqual({ pods, doubts });
  });

  it('goes on over segments, and is not known where nobody looked', () => {
    const next = new AssignmentLines(start + 300_000);
    const held = next.held('10.0.0.1', holder('web-2'), start + 78_000);
    const other = next.held('10.0.0.2', holder('web-3'), start + 250_000);
    const { record } = read(handedOver(), next.first() + held.lines + other.lines + next.looked(start + 400_000));
    expect(record.gaps).toEqual([{ from: start + 200_000, to: start + 300_000 }]);
    expect(record.assignments.map(({ pod, until }) => [pod, until])).toEqual([
      ['web-1', start + 70_000],
      ['web-2', undefined],
      ['web-3', undefined],
    ]);
    const both = new AssignmentIndex(record);
    expect(both.holdersAt('10.0.0.1', start + 350_000)).toMatchObject({ holders: [{ pod: 'web-2' }], doubts: [] });
    expect(both.holdersAt('10.0.0.2', start + 260_000).doubts.map(({ kind }) => kind)).toEqual(['gap', 'at-the-edge']);
  });

  it('ended at some moment when nobody looked, if it is gone afterwards', () => {
    const next = new AssignmentLines(start + 300_000);
    const { record } = read(handedOver(), next.first() + next.looked(start + 310_000));
    expect(record.assignments[1]).toMatchObject({ endedAfter: start + 200_000, until: start + 300_000 });
    const { holders, doubts } = new AssignmentIndex(record).holdersAt('10.0.0.1', start + 250_000);
    expect(holders).toHaveLength(1);
    expect(doubts.map(({ kind }) => kind)).toEqual(['gap', 'at-the-edge']);
  });

  it('may be several on the host network, which is no doubt', () => {
    const lines = new AssignmentLines(start);
    const agents = ['a', 'b'].map(
      (name) => lines.held('192.168.1.5', holder(name, { hostNetwork: true }), start - 60_000).lines,
    );
    const { record } = read(lines.first() + agents.join('') + lines.looked(start + 60_000));
    const { holders, doubts } = new AssignmentIndex(record).holdersAt('192.168.1.5', start + 30_000);
    expect({ pods: holders.map(({ pod }) => pod), doubts }).toEqual({ pods: ['a', 'b'], doubts: [] });
  });
});
