import { attributesIn } from '../adapters/fortigate/api/descriptions.ts';
import { tables, type Table } from '../adapters/fortigate/objects/names.ts';
import { readerOf } from '../adapters/fortigate/objects/specs.ts';
import { Watch, whyUnwatched } from '../adapters/fortigate/objects/watch.ts';
import { describeSchema } from '../adapters/fortigate/simulator/cmdb/describe.ts';
import { profileOf } from '../adapters/fortigate/simulator/profile.ts';
import { schemasOf } from '../adapters/fortigate/simulator/tables/schemas.ts';
import { alwaysFields } from '../adapters/f5-afm/objects/specs.ts';
import { ruleDefaults } from '../adapters/f5-afm/objects/rule.ts';

const versions = ['6.4', '7.0', '7.2', '7.4', '7.6'] as const;
const exact = versions.map((version) => profileOf(version).version);

/** What becomes of each attribute of a table of a FortiGate: the versions that have it, by what is done with it. */
function attributesOf(table: Table): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [at, version] of versions.entries()) {
    const schema = schemasOf(profileOf(version), ['root']).get(table);
    const attributes = schema === undefined ? {} : attributesIn(describeSchema(schema));
    const reader = readerOf(table, version);
    const others = new Set(new Watch(table, reader, attributes).others);
    for (const name of Object.keys(attributes)) {
      const fate = reader.fields.includes(name) ? 'set' : others.has(name) ? 'watched' : whyUnwatched(table, name);
      const key = `${fate ?? ''}\u0000${name}`;
      found.set(key, [...(found.get(key) ?? []), versions[at] ?? '']);
    }
  }
  return found;
}

function section(table: Table): string {
  const rows = new Map<string, string[]>();
  for (const [key, has] of attributesOf(table)) {
    const [fate = '', name = ''] = key.split('\u0000');
    const row = `${fate === 'set' || fate === 'watched' ? fate : `not watched, ${fate}`} (${span(has)})`;
    rows.set(row, [...(rows.get(row) ?? []), `\`${name}\``]);
  }
  const lines = [...rows].map(([row, names]) => `- ${row}: ${names.toSorted().join(', ')}`);
  return `### \`${table}\`\n\n${lines.toSorted().join('\n')}`;
}

/** `7.2 and later`, `6.4 to 7.0`. */
function span(has: readonly string[]): string {
  const [first = '', last = ''] = [has[0], has.at(-1)];
  if (has.length === versions.length) return 'all versions';
  return last === versions.at(-1) ? `${first} and later` : `${first} to ${last}`;
}

/** The page of attributes that are watched, by version, from the adapters and from what their simulators know of each version. */
export function watchedPage(): string {
  const names = (fields: readonly string[]): string => fields.map((field) => `\`${field}\``).join(', ');
  return `# What is watched on a firewall

<!-- Generated from adapters/fortigate and adapters/f5-afm by npm run generate. -->

An object of ours is compared as a whole. What Postern sets is to be as it was set, and everything else is to be as if
nobody had ever set it: an attribute that an administrator changes is drift, whatever it is called, and is set back in
mode \`Enforce\`. Objects of others are never compared.

## FortiGate

Which attributes there are, and what each is by itself, says the device: its own description of each table is read, so an
attribute of a FortiOS that nobody has seen yet is watched, too. This is what ${exact[0] ?? ''} to ${exact.at(-1) ?? ''} have.

${(Object.values(tables) as Table[]).map(section).join('\n\n')}

## F5 BIG-IP AFM

A BIG-IP shows what was set, and does not say what an attribute is by itself. An attribute of a rule that nobody knows
counts as set unless its value is a word for nothing: \`none\`, \`no\`, \`disabled\`, \`default\`, 0, an empty list.

| object | set | watched |
| --- | --- | --- |
| rule | ${names(Object.keys(ruleDefaults))}, and the lists of \`source\` and \`destination\` | every other attribute, also inside of \`source\` and \`destination\` |
| schedule | \`description\`, \`dateValidEnd\` | ${names(alwaysFields)} |
| address list | \`description\`, addresses, names | regions, and lists and ranges that others put into it |
| port list | \`description\`, ports | lists that others put into it |
| rule list, policy | \`description\` | the rules in the list: it is ours as a whole |
`;
}
