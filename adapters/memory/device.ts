import { z } from 'zod';
import { groupSchema, ruleSchema, type NativeGroup, type NativeRule } from './native.ts';

/** All there is on the device: groups by name, rules in first-match order. */
export interface Tables {
  readonly group: readonly NativeGroup[];
  readonly rule: readonly NativeRule[];
}

export interface DeviceRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Accept it at once, and carry it out after so many requests more. */
  readonly operation?: number;
}

/** Why the device does not do it, as an HTTP status and a sentence. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The tables after a request. Strict, as a good appliance is: refuses dangling references, names that are taken or
 * unknown, fields it does not know, the deletion of what is in use, and to touch what is locked. `after: null` is the head of the table.
 */
export function carryOut(
  tables: Tables,
  { method, path, body = {} }: DeviceRequest,
  locked: ReadonlySet<string>,
): Tables {
  const [table = '', name = '', verb] = path.split('/').slice(1);
  const operation = operations[`${method} /${table}${name && '/NAME'}${verb ? `/${verb}` : ''}`];
  if (operation === undefined) throw new Refusal(404, 'there is no such operation');
  const read = z.record(z.string(), z.unknown()).safeParse(body);
  if (!read.success) throw new Refusal(400, 'an object is expected');
  if (locked.has(`/${table}/${name}`)) throw new Refusal(400, 'the object is locked');
  return operation(tables, name, read.data, locked);
}

type Operation = (
  tables: Tables,
  name: string,
  body: Readonly<Record<string, unknown>>,
  locked: ReadonlySet<string>,
) => Tables;

const membersSchema = z.strictObject({ add: z.array(z.string()), remove: z.array(z.string()) });
const placeSchema = z.strictObject({ after: z.string().nullable() });
const transactionSchema = z.strictObject({
  requests: z.array(
    z.strictObject({ method: z.enum(['POST', 'PATCH', 'DELETE']), path: z.string(), body: z.unknown().optional() }),
  ),
});

const operations: Readonly<Record<string, Operation>> = {
  'POST /group/NAME': ({ group, rule }, name, body) => {
    refuseTaken(group, name);
    return { group: [...group, parse(groupSchema, { ...body, name })], rule };
  },
  'PATCH /group/NAME': ({ group, rule }, name, body) => {
    const changed = parse(groupSchema, { ...find(group, name), ...body, name });
    return { group: replaced(group, changed), rule };
  },
  'POST /group/NAME/members': ({ group, rule }, name, body) => {
    const changed = find(group, name);
    const { add, remove } = parse(membersSchema, body);
    const gone = new Set(remove);
    const members = [...new Set([...changed.members, ...add])].filter((member) => !gone.has(member)).sort();
    return { group: replaced(group, { ...changed, members }), rule };
  },
  'DELETE /group/NAME': ({ group, rule }, name) => {
    const gone = find(group, name);
    if (rule.some(({ sources }) => sources.includes(name))) throw new Refusal(423, 'a rule uses the group');
    return { group: group.filter((entry) => entry !== gone), rule };
  },
  'POST /rule/NAME': ({ group, rule }, name, { after, ...body }) => {
    refuseTaken(rule, name);
    return { group, rule: placed(rule, checkedRule(group, { ...body, name }), { after }) };
  },
  'PATCH /rule/NAME': ({ group, rule }, name, body) => {
    const changed = checkedRule(group, { ...find(rule, name), ...body, name });
    return { group, rule: replaced(rule, changed) };
  },
  'POST /rule/NAME/move': ({ group, rule }, name, body) => {
    const moved = find(rule, name);
    return { group, rule: placed(without(rule, moved), moved, body) };
  },
  'DELETE /rule/NAME': ({ group, rule }, name) => ({ group, rule: without(rule, find(rule, name)) }),
  'POST /transaction': (tables, _, body, locked) =>
    parse(transactionSchema, body).requests.reduce((state, request) => carryOut(state, request, locked), tables),
};

function find<T extends { readonly name: string }>(table: readonly T[], name: string): T {
  const found = table.find((entry) => entry.name === name);
  if (found === undefined) throw new Refusal(404, 'there is no object of that name');
  return found;
}

function refuseTaken(table: readonly { readonly name: string }[], name: string): void {
  if (table.some((entry) => entry.name === name)) throw new Refusal(409, 'the name is taken');
}

function without<T>(table: readonly T[], gone: T): T[] {
  return table.filter((entry) => entry !== gone);
}

function replaced<T extends { readonly name: string }>(table: readonly T[], changed: T): T[] {
  return table.map((entry) => (entry.name === changed.name ? changed : entry));
}

function placed(rules: readonly NativeRule[], rule: NativeRule, place: unknown): NativeRule[] {
  const { after } = parse(placeSchema, place);
  const at = after === null ? 0 : rules.indexOf(find(rules, after)) + 1;
  return rules.toSpliced(at, 0, rule);
}

function checkedRule(groups: readonly NativeGroup[], body: unknown): NativeRule {
  const rule = parse(ruleSchema, body);
  const dangling = rule.sources.find((source) => !groups.some(({ name }) => name === source));
  if (dangling !== undefined) throw new Refusal(400, 'a source names a group that is not there');
  return rule;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal(400, parsed.error.issues[0]?.message ?? 'malformed');
  return parsed.data;
}
