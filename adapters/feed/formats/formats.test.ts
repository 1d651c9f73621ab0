import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedDocument, FeedRule } from '../document/document.ts';
import { FeedConsumer } from '../simulator/consumer.ts';
import { aDocument, aFeedRule } from '../testing/served.ts';
import { Publication } from './publication.ts';

function bodyOf(document: FeedDocument, path: string): string | undefined {
  return new Publication(document).find(path)?.body.toString();
}

function ofList(entries: string): FeedDocument {
  const [list] = aDocument().lists;
  return aDocument({ lists: [{ ...list!, entries }] });
}

function leadingTo(destination: Partial<FeedRule['destination']>): FeedDocument {
  const nowhere = { any: false, names: [], networks: [] };
  return aDocument({ rules: [aFeedRule({ destination: { ...nowhere, ...destination } })] });
}

describe('what is published', () => {
  it('is nothing but entries, whatever somebody put into the document', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '0.0.0.0/0\n',
        '\n0.0.0.0/0',
        '10.0.0.1 # x',
        '10.0.0.1\r\n::/0',
        '<a>',
        '"',
        ';',
        '10.0.0.1,::/0',
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(hostile, fc.ipV4())), (entries) => {
        const text = entries.join(' ');
        for (const path of ['lists/pn-east-a.txt', 'lists/pn-east-a.1of2.txt', 'check-point.json', 'fortigate.json']) {
          const body = published(() => bodyOf(ofList(text), path));
          if (body === undefined || path.endsWith('.json')) continue;
          const lines = body.split('\n').slice(0, -1);
          expect(lines.every((line) => /^[0-9a-f.:]+(\/\d+)?$/.test(line))).toBe(true);
          if (path === 'lists/pn-east-a.txt' && text !== '') expect(lines).toEqual(text.split(' '));
        }
        const names = published(() => bodyOf(leadingTo({ names: entries }), 'rules/pn-east-r.url.txt'));
        if (names !== undefined) expect(names).toMatch(/^((\*\.)?[a-z0-9._-]+\/\n|255\.255\.255\.255\n)+$/);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('is as Check Point and FortiOS read it', () => {
    expect(JSON.parse(bodyOf(aDocument(), 'check-point.json') ?? '')).toEqual({
      version: '1.0',
      description: 'Published by Postern',
      objects: [
        {
          name: 'pn-east-a',
          id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          description: 'a',
          ranges: ['10.0.0.1', '2001:db8::1'],
        },
        {
          name: 'pn-east-r.to',
          id: expect.any(String) as string,
          description: 'EgressPolicy/shop/checkout',
          ranges: ['203.0.113.0/24'],
        },
      ],
    });
    expect(JSON.parse(bodyOf(aDocument(), 'fortigate.json') ?? '')).toEqual({
      addresses: [
        { name: 'pn-east-a', value: ['10.0.0.1'], description: 'a' },
        { name: 'pn-east-r.to', value: ['203.0.113.0/24'], description: 'EgressPolicy/shop/checkout' },
      ],
    });
  });

  it('keeps the ids of Check Point objects while their content changes', () => {
    const ids = ['10.0.0.1', '10.0.0.2 10.0.0.3'].map((entries) => {
      const { objects } = JSON.parse(bodyOf(ofList(entries), 'check-point.json') ?? '') as {
        objects: { id: string }[];
      };
      return objects.map(({ id }) => id);
    });
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids.flat()).size).toBe(2);
  });

  it('names nobody where there is nobody, in every format', () => {
    for (const path of [
      'lists/pn-east-a.txt',
      'lists/pn-east-a.2of2.txt',
      'check-point.json',
      'fortigate.json',
      'lists/pn-gone.txt',
    ])
      expect([path, bodyOf(ofList(''), path)]).toEqual([path, expect.stringContaining('255.255.255.255')]);
    expect(bodyOf(ofList('2001:db8::1'), 'fortigate.json')).toContain('"value":["255.255.255.255"]');
    expect(bodyOf(ofList(''), 'rules.json')).not.toContain('255.255.255.255');
  });

  it('has each entry in one of the parts, and always in the same', () => {
    const entries = Array.from({ length: 1_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const partsOf = (list: readonly string[]): string[][] =>
      [1, 2, 3, 4].map((part) =>
        (bodyOf(ofList(list.join(' ')), `lists/pn-east-a.${part}of4.txt`) ?? '').trim().split('\n'),
      );
    const whole = partsOf(entries);
    expect(whole.flat().toSorted()).toEqual(entries.toSorted());
    expect(Math.max(...whole.map(({ length }) => length))).toBeLessThan(300);
    const fewer = partsOf(entries.slice(1));
    expect(fewer.map((part, at) => part.filter((entry) => !whole[at]?.includes(entry)))).toEqual([[], [], [], []]);
    expect(bodyOf(ofList(''), 'lists/pn-east-a.5of4.txt')).toBeUndefined();
  });

  it('is taken over from before where it has not changed, and made anew where it has', () => {
    const before = new Publication(aDocument());
    const made = before.find('lists/pn-east-a.txt');
    const [list] = aDocument().lists;
    expect(new Publication(aDocument({ revision: 2 }), before).find('lists/pn-east-a.txt')).toBe(made);
    const other = new Publication(aDocument({ lists: [{ ...list!, entries: '10.0.0.2' }] }), before);
    expect(other.find('lists/pn-east-a.txt')?.body.toString()).toBe('10.0.0.2\n');
  });

  it('gives a consumer that fetches JSON the same as one that fetches text', () => {
    const document = aDocument({
      rules: [aFeedRule({ destination: { any: false, names: [], networks: ['203.0.113.0/24'] } })],
    });
    const publication = new Publication(document);
    const dumps = ['generic', 'check-point'].map((kind) => {
      const consumer = new FeedConsumer(kind);
      const take = (path: string): void =>
        consumer.take(path, { status: 200, body: publication.find(path)?.body.toString() ?? '' });
      take('rules.json');
      for (const path of consumer.paths()) take(path);
      return consumer.dump();
    });
    expect(dumps[0]).toEqual(dumps[1]);
  });
});

/** Undefined: it is not. */
function published(body: () => string | undefined): string | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
