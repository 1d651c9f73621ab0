import { schemaOf } from './crd.ts';
import { kinds, type Kind } from '../../src/api/kinds.ts';
import { apiVersion } from '../../src/api/meta.ts';
import type { Structural } from './structural.ts';

/** The field reference as Markdown; `examples` is a stream of YAML documents, one for each kind. */
export function fieldReference(examples: string): string {
  const documents = examples.split(/^---\n/m);
  const sections = (Object.keys(kinds) as Kind[]).map((kind) =>
    kindSection(kind, documents.find((document) => document.includes(`\nkind: ${kind}\n`)) ?? ''),
  );
  return `${introduction}\n${sections.join('\n')}`;
}

const introduction = `<!-- Generated from src/api by npm run generate. -->

# Fields

The kinds of \`${apiVersion}\`, field by field. \`[]\` stands for every entry of a list.
A field marked *required* must be set wherever the object around it is set. A field that is not set gets its default.
The same rules hold in the API server and in every command that reads files.

A list that is written as \`[]\` is refused wherever leaving the field out would mean "all".
`;

function kindSection(kind: Kind, example: string): string {
  const { plural, shortName, namespaced } = kinds[kind];
  const { properties: { spec, status } = {} } = schemaOf(kind);
  if (!spec || !status) throw new TypeError(`${kind} has no spec or no status`);
  return [
    `## ${kind}\n`,
    `\`${plural}\`, short \`${shortName}\`, ${namespaced ? 'in a namespace' : 'cluster-scoped'}. ${spec.description ?? ''}\n`,
    `\`\`\`yaml\n${example.trim()}\n\`\`\`\n`,
    `### Spec of ${kind}\n`,
    table(rowsBelow('spec', spec)),
    `Rules beyond the table, each with the message of its violation:\n\n${refusals('spec', spec).join('\n')}\n`,
    `### Status of ${kind}\n`,
    `${status.description ?? ''} Written by Postern.\n`,
    table(rowsBelow('status', status)),
  ].join('\n');
}

interface Row {
  readonly path: string;
  readonly schema: Structural;
  readonly required: boolean;
}

function rowsBelow(path: string, { properties = {}, required = [], items, type }: Structural): readonly Row[] {
  if (type === 'array' && items) return rowsBelow(`${path}[]`, items);
  return Object.entries(properties).flatMap(([name, schema]) => [
    { path: `${path}.${name}`, schema, required: required.includes(name) },
    ...rowsBelow(`${path}.${name}`, schema),
  ]);
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ path, schema, required }) =>
    [`\`${path}\``, typeOf(schema), required ? '*required*' : defaultOf(schema), description(schema)].join(' | '),
  );
  return `| Field | Type | Default | Meaning |\n| --- | --- | --- | --- |\n${lines.map((line) => `| ${line} |`).join('\n')}\n`;
}

function description(schema: Structural): string {
  return [schema.description, limits(schema)].filter((part) => part !== undefined).join(' ');
}

function typeOf({ type, enum: values, items, additionalProperties, format }: Structural): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (items) return `list of ${items.enum ? 'words' : items.type}`;
  if (additionalProperties) return `map of ${additionalProperties.type}`;
  return format === undefined ? type : 'time';
}

function defaultOf({ default: value }: Structural): string {
  return value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function limits(schema: Structural): string | undefined {
  const { minimum, maximum, minItems, maxItems, maxLength } = schema;
  const parts = [
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined,
    maxItems === undefined ? undefined : `${minItems === undefined ? 'at most' : `${minItems} to`} ${maxItems} entries`,
    maxLength === undefined || schema.enum ? undefined : `at most ${maxLength} characters`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : `(${parts.join(', ')})`;
}

/** The rules at and below a node, in the words that a refused object gets. */
function refusals(path: string, schema: Structural): readonly string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(
    ({ message, fieldPath = '' }) => `- \`${path}${fieldPath}\`: ${message}`,
  );
  const lists = schema['x-kubernetes-list-type'] === undefined ? [] : [`- \`${path}\`: ${distinct(schema)}`];
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => refusals(`${path}.${name}`, field));
  const items = schema.items ? refusals(`${path}[]`, schema.items) : [];
  return [...own, ...lists, ...below, ...items];
}

function distinct(schema: Structural): string {
  const keys = schema['x-kubernetes-list-map-keys'];
  return keys ? `no two entries with the same ${keys.join(' and ')}` : 'no entry twice';
}
