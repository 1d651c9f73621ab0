import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../adapters/f5-afm/api/answer.ts';
import { readEnvelope, rowsOf } from '../../adapters/fortigate/api/envelope.ts';
import { fortigate } from '../../adapters/fortigate/adapter.ts';
import { textOf } from '../../kit/common/api/json.ts';
import { parseAnswer } from '../../kit/common/api/parse-answer.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import { textForPeople, withTexts } from '../../src/adapter/redaction/device-text.ts';
import { KnownCredentials } from '../../src/adapter/redaction/known-credentials.ts';
import { parseObject } from '../../src/api/parse.ts';
import { readDocuments } from '../../src/kube/manifests/documents.ts';
import { parseFile } from '../../src/kube/manifests/parse-file.ts';
import { printable } from '../../src/log/printable.ts';
import { csvLine } from '../../src/report/output/csv.ts';
import { markup } from '../../src/report/output/html.ts';
import { readEvent } from '../../src/serverless/cloud-event.ts';
import { desiredStateSchema, groupDeltasSchema } from '../../src/store/desired-schema.ts';
import { decodeDocument, parseDocument } from '../../src/store/document.ts';
import { pointOutcomeSchema } from '../../src/store/outcome-store.ts';
import { decodePending } from '../../src/store/pending-sync.ts';
import { aDesiredState, aGroup, aRule } from '../kit/builders.ts';

/* Whatever outsiders write - manifests, answers, what stands in Redis, requests - is read or refused, and injects nothing. */

/** `POSTERN_FUZZ=100000` tries more; another seed each time with `POSTERN_SEED`. */
const { POSTERN_FUZZ = '300', POSTERN_SEED = '20261129' } = process.env;
const runs = { numRuns: Number(POSTERN_FUZZ), seed: Number(POSTERN_SEED) };

/** What parsers and languages stumble over. */
const nasty = fc.constantFrom(
  ...[
    '"',
    "'",
    '\\',
    '`',
    '\n',
    '\r\n',
    '\u0000',
    '\u001b[31m',
    '\u202e',
    ';',
    '$(x)',
    '<script>',
    '--',
    '=1+1',
    '@SUM(',
    '%0a',
    '\ud800',
    'end\nnext',
    '../',
    '0.0.0.0/0',
    '__proto__',
    'constructor',
    '1e999',
  ],
);
const text = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(nasty, { maxLength: 4 }).map((all) => all.join('')),
);
const anything = fc.oneof(
  fc.jsonValue(),
  fc.anything({ values: [text, fc.integer(), fc.boolean(), fc.constant(null)], key: text, maxDepth: 4 }),
);

/** Valid objects, with something else at some place. */
const almost = (valid: object): fc.Arbitrary<unknown> =>
  fc.tuple(fc.nat(1_000), anything).map(([place, other]) => {
    let left = place % Math.max(1, count(valid));
    const walk = (value: unknown): unknown => {
      left -= 1;
      if (left < 0 && left > -2) return other;
      if (Array.isArray(value)) return value.map(walk);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item)]));
    };
    return walk(valid);
  });

function count(value: unknown): number {
  if (value === null || typeof value !== 'object') return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + count(item), 1);
}

const policy = {
  apiVersion: 'postern.dev/v1alpha1',
  kind: 'EgressPolicy',
  metadata: { name: 'a', namespace: 'b' },
  spec: {
    subject: { podSelector: { matchLabels: { app: 'a' } } },
    action: 'Accept',
    to: [
      { domainNames: ['api.example.com'], ports: [{ port: 443, protocol: 'TCP' }] },
      { networks: ['203.0.113.0/24'], allPorts: true },
    ],
    governance: { owner: 'a', justification: 'b', expiresAt: '2027-01-31T00:00:00Z' },
  },
};
const state = aDesiredState({ groups: [aGroup({ members: ['10.0.0.1'] })], rules: [aRule()] });

/** Returns, or throws an error of its own words: never a defect of the language, such as a missing property. */
async function settles(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(RangeError);
    expect(error).not.toBeInstanceOf(ReferenceError);
  }
}

function holds<T>(values: fc.Arbitrary<T>, check: (value: T) => unknown): Promise<void> {
  return fc.assert(
    fc.asyncProperty(values, async (value) => {
      await check(value);
    }),
    runs,
  );
}

describe('manifests', () => {
  it('are read or refused, object by object', () =>
    holds(fc.oneof(anything, almost(policy)), (value) => settles(() => parseObject(value))));

  it('are read or refused, file by file', () =>
    holds(fc.oneof(text, almost(policy).map(safeJson)), (file) =>
      settles(async () => [readDocuments('f.yaml', file), await parseFile('f.yaml', file)]),
    ));
});

describe('answers of devices', () => {
  const bodies = fc.oneof(
    text,
    anything.map((value) => safeJson(value)),
    almost({
      status: 'success',
      results: [{ name: 'a', member: [{ name: 'b' }] }],
      error: -5,
      cli_error: 'x',
      message: 'y',
      code: 401,
    }).map(safeJson),
  );

  it('are read, or refused with the one error that adapters have', () =>
    holds(fc.tuple(bodies, fc.constantFrom(200, 204, 401, 403, 429, 500)), ([body, status]) => {
      for (const read of [
        () => rowsOf(readEnvelope({ status, headers: {}, body }, 'GET /x', false)),
        () => readAnswer({ status, headers: {}, body }, 'PATCH /x'),
      ]) {
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(AdapterError);
        }
      }
      parseAnswer(body);
    }));

  it('leave a session as plain text of limited length', () =>
    holds(fc.tuple(anything, text), ([value, long]) => {
      const credentials = new KnownCredentials({ token: 'a-token-0123456789' });
      const clean = (dirty: string): string => textForPeople(dirty, credentials);
      withTexts(value, clean);
      const said = clean(`${long.repeat(300)}a-token-0123456789${long}`);
      expect(said.length).toBeLessThanOrEqual(2_000);
      expect(said).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
      expect(clean(`${long}a-token-0123456789`)).not.toContain('a-token-0123');
    }));
});

describe('what stands in Redis', () => {
  const schemas = [desiredStateSchema, groupDeltasSchema, pointOutcomeSchema] as const;
  const documents = fc.oneof(
    text,
    anything.map(safeJson),
    almost(state).map(safeJson),
    almost([{ id: 'a', role: 'Accept', added: [], removed: [] }]).map(safeJson),
  );

  it('is read or refused', () =>
    holds(documents, async (document) => {
      for (const schema of schemas) {
        await settles(() => parseDocument<unknown>(document, schema));
        await settles(() => decodeDocument<unknown>(Buffer.from(document), schema));
        await settles(() =>
          decodeDocument<unknown>(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(document)]), schema),
        );
      }
      await settles(() => decodePending(document));
    }));
});

describe('requests to a serverless worker', () => {
  const types = fc.constantFrom(
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
    'text/plain',
    undefined,
  );
  it('are read or called malformed', () =>
    holds(fc.tuple(types, fc.oneof(text, anything.map(safeJson)), fc.dictionary(text, text)), ([type, body, headers]) =>
      settles(() => readEvent((name) => (name === 'content-type' ? type : headers[name]), body)),
    ));
});

describe('nothing is injected', () => {
  it('into CSV, HTML or a terminal', () =>
    holds(fc.array(text, { minLength: 1, maxLength: 4 }), (values) => {
      expect(cellsIn(csvLine(values))).toBe(values.length);
      const html = String(markup`<td title="${values[0] ?? ''}">${values}</td>`);
      expect(html.replace(/^<td title="/, '').replace(/<\/td>$/, '')).not.toMatch(/<(?!\/?br)/);
      expect(printable(values.join('')).replaceAll('\r\n', '\n')).not.toMatch(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/,
      );
    }));

  it('into FortiOS: names and comments keep to their characters, whatever titles and origins say', () => {
    const config = fortigate.config.parse({ url: 'https://192.0.2.1' });
    const context = { config, owner: { cluster: 'east', point: 'edge' }, capabilities: fortigate.capabilities };
    return holds(fc.tuple(text, text, text), ([title, name, namespace]) => {
      const base = aRule();
      const rule = { ...base, origin: { ...base.origin, name, namespace } };
      const { resources } = fortigate.lower(
        { ...state, rules: [rule], groups: [{ ...aGroup({ members: ['10.0.0.1'] }), title }] },
        context,
      );
      for (const { name: native, spec } of resources) {
        expect(native).toMatch(/^[\w./:-]{1,79}$/);
        for (const field of ['comment', 'comments', 'name'])
          expect(textOf(spec[field])).toMatch(/^[A-Za-z0-9 ./:=,_*[\]-]*$/);
      }
    });
  });
});

/** Cells of one line, by the rules of RFC 4180. */
function cellsIn(line: string): number {
  let [cells, quoted] = [1, false];
  const body = line.replace(/\r?\n$/, '');
  for (const sign of body) {
    if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === ',') cells += 1;
    else if (!quoted && sign === '\n') return -1;
  }
  return quoted ? -1 : cells;
}

/** Of what JSON cannot say, nothing. */
function safeJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json ?? '';
  } catch {
    return '';
  }
}
