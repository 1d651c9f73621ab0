import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { kinds, type Kind } from '../../src/api/kinds.ts';
import { apiVersion } from '../../src/api/meta.ts';
import { parseObject } from '../../src/api/parse.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';
import { candidates } from './candidates.ts';
import { refused } from './refused.ts';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const examples = readFileSync(path('docs/reference/examples.yaml'), 'utf8');

const metadataSchema = z.looseObject({ name: z.string(), namespace: z.string().optional() });
const objectSchema = z.looseObject({ kind: z.string(), metadata: metadataSchema });
type Written = z.infer<typeof objectSchema>;

describe('offline', () => {
  it.each(refused)('refuses %s', (_title, yaml, field, words) => {
    const parsed = parseObject(parse(yaml));
    const problems = 'problems' in parsed ? parsed.problems : [];
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0]?.message).toContain(words);
  });

  it('accepts the examples', () => {
    expect(documents(examples).filter((document) => 'problems' in parseObject(document))).toEqual([]);
  });
});

describe.skipIf(!hasKubeApiserver())('in a real API server', () => {
  let server: KubeApiserver;

  beforeAll(async () => {
    server = await startKubeApiserver();
    expect(await server.kubectl(['apply', '-f', path('crds')])).toMatchObject({ code: 0 });
    const waited = await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=120s']);
    expect(waited).toMatchObject({ code: 0 });
    expect(await server.kubectl(['create', 'namespace', 'test-app'])).toMatchObject({ code: 0 });
    await vi.waitUntil(() => allServed(server), { timeout: 90_000 });
  });
  afterAll(() => server.stop());

  it.each(refused)('refuses %s', async (_title, yaml, field, words) => {
    const { fields, message } = await refusal(server, objectSchema.parse(parse(yaml)));
    expect(fields).toEqual([field]);
    expect(message).toContain(words);
  });

  it('accepts the examples, fills in what parsing fills in, and shows the columns', async () => {
    const applied = await server.kubectl(['apply', '-f', '-'], examples);
    expect(applied).toMatchObject({ code: 0 });
    for (const document of documents(examples)) {
      const { body } = await server.send('GET', pathOf(document, document.metadata.name));
      const parsed = parseObject(document);
      expect('object' in parsed && parsed.object.spec).toEqual(z.looseObject({ spec: z.unknown() }).parse(body).spec);
    }
    await expectColumns(server);
  });

  it('agrees with parsing on every one of many odd networks and names', async () => {
    for (const field of ['networks', 'domainNames'] as const) {
      const object = {
        apiVersion,
        kind: 'ExternalService',
        metadata: { name: 'odd' },
        spec: { [field]: candidates(field), allPorts: true, allNamespaces: true },
      };
      const parsed = parseObject(object);
      const offline = 'problems' in parsed ? parsed.problems.map((problem) => problem.field) : [];
      const { fields } = await refusal(server, object);
      expect([...fields].sort()).toEqual([...offline].sort());
      expect(offline.length).toBeGreaterThan(50);
    }
  });
});

function documents(text: string): readonly Written[] {
  return parseAllDocuments(text).map((document) => objectSchema.parse(document.toJS()));
}

function pathOf({ kind, metadata: { namespace } }: Written, name = ''): string {
  const { plural } = kinds[kind as Kind];
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `/apis/${apiVersion}${place}/${plural}${name && `/${name}`}`;
}

const statusSchema = z.object({
  message: z.string(),
  details: z.object({ causes: z.array(z.object({ field: z.string().optional() })).optional() }).optional(),
});

/** The server's cause that only says that CEL rules were not asked, because the shape was wrong already. */
const notChecked = '<nil>';

/** How the server refuses to create the object: the fields that it names, and all that it says. */
async function refusal(
  server: KubeApiserver,
  object: Written,
): Promise<{ readonly fields: readonly string[]; readonly message: string }> {
  const answer = await server.send('POST', `${pathOf(object)}?dryRun=All&fieldValidation=Strict`, object);
  expect(answer.status, JSON.stringify(answer.body)).toBeGreaterThanOrEqual(400);
  const { message, details } = statusSchema.parse(answer.body);
  const named = details?.causes?.map((cause) => cause.field ?? '') ?? [];
  const fields = named.filter((field) => field !== notChecked);
  const unknown = /unknown field "([^"]+)"/.exec(message)?.[1];
  return { fields: unknown === undefined ? [...new Set(fields)] : [unknown], message };
}

async function allServed(server: KubeApiserver): Promise<boolean> {
  const paths = Object.values(kinds).map(({ plural }) => `/apis/${apiVersion}/${plural}`);
  const answers = await Promise.all(paths.map((each) => server.send('GET', each)));
  return answers.every(({ status }) => status === 200);
}

async function expectColumns(server: KubeApiserver): Promise<void> {
  const status = { ready: 'True', points: '3/3', policies: 2, rules: 7, inForce: '4/7', addresses: 9 };
  const shown = await Promise.all(
    documents(examples).map(async (document) => {
      const { kind, metadata } = document;
      const scope = metadata.namespace === undefined ? [] : ['-n', metadata.namespace];
      const patch = ['patch', kind.toLowerCase(), metadata.name, ...scope, '--subresource=status', '--type=merge'];
      await server.kubectl([...patch, '-p', JSON.stringify({ status })]);
      const { output } = await server.kubectl(['get', kinds[kind as Kind].shortName, ...scope]);
      return output
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/).slice(0, -1).join(' '));
    }),
  );
  expect(shown).toEqual([
    ['NAME READY POLICIES POINTS EXPIRES', 'github True 2 3/3 2027-01-31T00:00:00Z'],
    ['NAME ACTION READY POINTS EXPIRES', 'app-a Accept True 3/3'],
    ['NAME TIER PRIORITY READY POINTS EXPIRES', 'no-metadata-service Admin 10 True 3/3'],
    ['NAME ADAPTER MODE READY RULES ADDRESSES SYNCED', 'edge-fortigate fortigate Enforce True 4/7 9'],
    ['NAME DESTINATIONS BEYOND READY', 'teams Any WaitForApproval True'],
    [
      'NAME POLICY GENERATION DECISION APPROVER UNTIL READY',
      'app-a-4 app-a 4 Approved alice@example.com 2027-01-31T00:00:00Z True',
    ],
  ]);
}
