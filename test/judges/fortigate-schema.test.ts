import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tables, type Table } from '../../adapters/fortigate/objects/names.ts';
import { readerOf } from '../../adapters/fortigate/objects/specs.ts';
import { profileOf } from '../../adapters/fortigate/simulator/profile.ts';
import type { TableSchema } from '../../adapters/fortigate/simulator/tables/schema.ts';
import { schemasOf } from '../../adapters/fortigate/simulator/tables/schemas.ts';
import { startBench, type Bench } from '../../adapters/fortigate/simulator/testing/client.ts';
import type { Field } from '../../kit/simulator/tables/fields.ts';
import { skipped } from '../kit/skipped.ts';

/*
 * The maker's own descriptions judge simulator and adapter: those of a FortiOS 7.6.5 field by field, and for which version
 * has what, those that the maker's Ansible collection carries. Whatever differs stands in a table here, with its reason.
 */

const described = fileURLToPath(new URL('../../../shared/schemas/fortios/', import.meta.url));
const modules = '/usr/lib/python3/dist-packages/ansible_collections/fortinet/fortios/plugins/modules/';

/** Is it there? Where it is not, the tests that need it are left out, loudly; in CI that is a failure. */
function available(path: string, what: string): boolean {
  return existsSync(path) || skipped(`${what} is not at ${path}.`);
}

const version = '7.6.5';
const schemas = schemasOf(profileOf(version), ['root']);

const fieldSchema = z.looseObject({
  type: z.string().optional(),
  size: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  options: z.array(z.string()).optional(),
  default: z.union([z.string(), z.number()]).optional(),
  children: z.record(z.string(), z.looseObject({ size: z.number().optional() })).optional(),
});
const makers = (table: string): Readonly<Record<string, z.infer<typeof fieldSchema>>> =>
  z
    .record(z.string(), fieldSchema)
    .parse(JSON.parse(readFileSync(`${described}${table.replace('/', '.')}.json`, 'utf8')));

/** Differences that stay, and why. */
const explained: readonly (readonly [difference: RegExp, why: string])[] = [
  [/^system\/sdn-connector /, 'connectors ask nobody here: the table has what somebody may refer to'],
  [
    / (comments?|user-agent|redirect-url|obj-id|filter) size is \d+, not none/,
    'the description has no size for long texts',
  ],
  [/ subnet size is|password size is/, 'the description has no size'],
  [/ icmp(type|code) (range|size) is/, 'numbers that may be empty: texts here'],
  [
    / (vlan-filter|tos|tos-mask|session-ttl|diffservcode-\w+|policy-expiry-date|policy-expiry-date-utc|start|end|start-utc|end-utc|iprange|wildcard) size is \d+, not none/,
    'texts of a form of their own, whose size the description does not say',
  ],
  [/ day (options|size) is/, 'several days are one text here'],
];

/** Those that nobody explains; an explanation of nothing is one more. */
function unexplained(found: readonly string[], reasons: typeof explained): readonly string[] {
  return [
    ...found.filter((difference) => !reasons.some(([pattern]) => pattern.test(difference))),
    ...reasons
      .filter(([pattern]) => !found.some((difference) => pattern.test(difference)))
      .map(([, why]) => `idle: ${why}`),
  ];
}

function differences(schema: TableSchema): readonly string[] {
  const theirs = makers(schema.id);
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(schema.fields)])];
  return names.flatMap((name) => {
    const [their, our] = [theirs[name], schema.fields[name]];
    const told = `${schema.id} ${name}`;
    if (their === undefined) return [`${told} is not in ${version}`];
    if (our === undefined) return [`${told} is missing`];
    return [
      ...different(`${told} options`, our.options?.toSorted().join(), their.options?.toSorted().join()),
      ...different(`${told} size`, our.size, their.size),
      ...different(
        `${told} range`,
        our.range?.join('-'),
        their.min === undefined ? undefined : `${their.min}-${their.max}`,
      ),
      ...different(`${told} default`, defaultOf(our), their.children !== undefined ? '' : `${their.default ?? ''}`),
      ...Object.entries(their.children ?? {}).flatMap(([child, { size }]) =>
        different(`${told}.${child} size`, our.fields?.[child]?.size, size),
      ),
    ];
  });
}

function defaultOf({ described: told, default: shown = '' }: Field): string {
  const value = told ?? shown;
  return Array.isArray(value) ? '' : `${value as string | number}`;
}

function different(what: string, ours: string | number | undefined, theirs: string | number | undefined): string[] {
  return ours === theirs ? [] : [`${what} is ${ours ?? 'none'}, not ${theirs ?? 'none'}`];
}

describe.runIf(available(described, "FortiOS's description of its tables"))('FortiOS 7.6.5', () => {
  const judged = [...schemas.values()].filter(({ id }) => existsSync(`${described}${id.replace('/', '.')}.json`));

  it('has the fields, options, sizes, ranges and defaults that the simulator has', () => {
    expect(judged.length).toBeGreaterThan(10);
    expect(unexplained(judged.flatMap(differences), explained)).toEqual([]);
  });

  it('has every attribute that the adapter writes', () => {
    const written = (Object.values(tables) as Table[]).flatMap((table) =>
      readerOf(table, version)
        .fields.filter((field) => !(field in makers(table)))
        .map((field) => `${table} ${field}`),
    );
    expect(written).toEqual([]);
  });
});

describe.runIf(available(described, "FortiOS's description of its endpoints"))('the endpoints of FortiOS 7.6.5', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench({ version, apiUsers: [{ name: 'other', token: 'another-token' }] });
    bench.sim.put('system/external-resource', { name: 'feed', type: 'address', 'update-method': 'push' });
  });
  afterAll(() => bench.close());

  it('are those that the simulator has', async () => {
    const endpoints = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(readFileSync(`${described}monitor.json`, 'utf8')));
    const unlike = await Promise.all(
      Object.entries(endpoints).map(async ([path, parameters]) => {
        const [read, written] = [
          await bench.get(`monitor/${path}?mkey=feed`),
          await bench.post(`monitor/${path}`, { mkey: 'feed', 'api-user': 'other' }),
        ];
        const exists = [read, written].some(({ status }) => status !== 404 && status !== 405);
        return exists === (parameters !== null) ? [] : [`${path} ${exists ? 'is not there' : 'is missing'}`];
      }),
    );
    expect(unlike.flat()).toEqual([
      // The published description is of a client whose names have no underscores; the maker's path is clear_counters.
      'firewall/policy/clear-counters is missing',
    ]);
  });
});

const revisions = z.record(
  z.string(),
  z.record(z.string(), z.object({ in: z.array(z.string()), options: z.record(z.string(), z.array(z.string())) })),
);

/** Which version has which field and option, by the collection that is installed: module, field, versions. */
function versionsByMaker(names: readonly string[]): z.infer<typeof revisions> {
  const script = `
import ast, json, sys
def versions(node):
    if 'revisions' in node: return [v[1:] for v, has in node['revisions'].items() if has]
    return []
found = {}
for table in sys.argv[2:]:
    text = open(sys.argv[1] + 'fortios_' + table.replace('/', '_').replace('.', '_').replace('-', '_') + '.py').read()
    tree = next(n for n in ast.parse(text).body if isinstance(n, ast.Assign) and n.targets[0].id == 'versioned_schema')
    found[table] = {name.replace('_', '-'): {'in': versions(field), 'options': {o['value']: versions(o) for o in field.get('options', [])}}
                    for name, field in ast.literal_eval(tree.value)['children'].items()}
print(json.dumps(found))`;
  const { stdout, stderr } = spawnSync('python3', ['-c', script, modules, ...names], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (stdout === '') throw new Error(`the collection's modules cannot be read: ${stderr}`);
  return revisions.parse(JSON.parse(stdout));
}

describe.runIf(available(modules, 'the collection fortinet.fortios'))('the versions of FortiOS', () => {
  it('have the fields and options that the simulator of each has', () => {
    const judged = [...schemas.keys()].filter((id) => existsSync(`${described}${id.replace('/', '.')}.json`));
    const maker = versionsByMaker(judged);
    const all = [...new Set(Object.values(maker).flatMap((fields) => fields['name']?.in ?? []))];
    const known = all.filter((one) => one >= '6.4.0');
    expect(known).toContain('7.4.0');
    const found = known.flatMap((one) => {
      const ours = schemasOf(profileOf(one), ['root']);
      return judged.flatMap((table) => {
        const fields = ours.get(table)?.fields ?? {};
        const theirs = maker[table] ?? {};
        const names = [...new Set([...Object.keys(fields), ...Object.keys(theirs)])];
        return names.flatMap((name) => {
          const [has, had] = [name in fields, theirs[name]?.in.includes(one) === true];
          if (has !== had) return [`${table} ${name} is ${has ? 'not in' : 'in'} ${one}`];
          const options = Object.entries(theirs[name]?.options ?? {}).filter(([, versions]) => versions.includes(one));
          const own = fields[name]?.options;
          const [ourWords, theirWords] = [own ?? [], options.map(([word]) => word)].map((words) =>
            words.toSorted().join(),
          );
          return own === undefined || options.length === 0 || ourWords === theirWords
            ? []
            : [`${table} ${name} of ${one} may be ${ourWords}, not ${theirWords}`];
        });
      });
    });
    expect(unexplained(found, explainedVersions)).toEqual([]);
  });
});

const explainedVersions: typeof explained = [
  [/^system\/sdn-connector /, 'connectors ask nobody here: the table has what somebody may refer to'],
  [/ np-acceleration is in /, 'of devices with such a processor; this one is virtual'],
  [/ (gtp|pfcp)-profile is in /, 'of devices for carriers'],
  [/ helper of .* not .*gtp-b,gtp-c,gtp-u/, 'of devices for carriers'],
  [/ sub-type of .* not .*fortipolicy-tag/, 'of a product that went with 7.6.3'],
  [/ (start|end)-mac is in 6\.4/, 'addresses by MAC are not judged here'],
  [/ is in 6\.4\.0$|address6 type of 6\.4\.1/, 'came with 6.4.0, went with 6.4.1 and is back since 6.4.4'],
  [/ server-identity-check is in 7\.0\.8$/, 'came to 7.0 late, and again with 7.2.4'],
];
