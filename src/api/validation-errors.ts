import { z } from 'zod';
import type { FieldCode } from './problem-codes.ts';
import type { IssueParams } from './fields/rule.ts';
import { similarTo } from './similar.ts';

/** What is wrong with one field of an object. */
export interface Finding {
  /** `spec.to[0].networks[1]`. */
  readonly field: string;
  readonly code: FieldCode;
  readonly message: string;
}

type Path = readonly PropertyKey[];

/**
 * The issues that tell something: not the length of a text where a list belongs, and not the bound of safe integers, which
 * zod adds, beside a bound of the field's own.
 */
export function relevantIssues(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const pathsOf = (counts: (issue: z.core.$ZodIssue) => boolean): ReadonlySet<string> =>
    new Set(issues.filter(counts).map(({ path }) => path.join('/')));
  const mistyped = pathsOf(({ code }) => code === 'invalid_type');
  const bounded = pathsOf((issue) => issue.code === 'too_big' && issue.maximum !== Number.MAX_SAFE_INTEGER);
  return issues.filter((issue) => {
    if (issue.code !== 'too_big') return true;
    const path = issue.path.join('/');
    return !mistyped.has(path) && !(issue.maximum === Number.MAX_SAFE_INTEGER && bounded.has(path));
  });
}

/** What is wrong with an object of any kind, field by field. */
export function faultsIn({ issues }: z.ZodError, schema: z.ZodType, input: unknown): readonly Finding[] {
  return relevantIssues(issues).flatMap((issue) => findingsOf(issue, schema, input));
}

/**
 * What zod found, in the words that the API server has for the same thing, so that a reader meets one sentence
 * everywhere, followed by what the field is for.
 */
export function findingsOf(issue: z.core.$ZodIssue, whole: z.ZodType, input: unknown): readonly Finding[] {
  const schema = schemaAt(whole, issue.path);
  if (issue.code === 'invalid_union' && issue.message === zodDefaultMessage) return unionFindings(issue, schema, input);
  if (issue.code !== 'unrecognized_keys') {
    const about = schema?.description === undefined ? '' : `: ${schema.description}`;
    return [{ field: pathText(issue.path), ...sentenceFor(issue, valueAt(input, issue.path), about) }];
  }
  const options = optionsOf(schema);
  const names = keysOf(options[meantOf(options, valueAt(input, issue.path))] ?? schema);
  return issue.keys.map((key) => {
    const message = `unknown field; ${suggestion(key, names)}known here: ${names.join(', ')}`;
    return { field: pathText([...issue.path, key]), code: 'unknown-field', message };
  });
}

/** What zod says where nothing that a value may be fits it. */
export const zodDefaultMessage = 'Invalid input';

/** What is wrong inside of the one form that is meant, or which forms there are. */
function unionFindings(
  { path, errors }: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType | undefined,
  input: unknown,
): readonly Finding[] {
  const options = optionsOf(schema);
  const value = valueAt(input, path);
  const meant = meantOf(options, value);
  const option = options[meant];
  if (option !== undefined) {
    const inside = relevantIssues(errors[meant] ?? []).flatMap((issue) => findingsOf(issue, option, value));
    const around = pathText(path);
    return inside.map((one) => ({ ...one, field: [around, one.field].filter(Boolean).join('.') }));
  }
  const words = options.flatMap(wordsOf);
  const keys = value !== null && typeof value === 'object' ? Object.keys(value) : [];
  const meantWord = (typeof value === 'string' ? [value] : keys)
    .map((text) => suggestion(text, [...words, ...options.flatMap(keysOf)]))
    .find(Boolean);
  const forms = [...words, ...options.flatMap(formOf)];
  const message = `Invalid value: ${show(value)}: ${meantWord ?? ''}must be one of: ${forms.join('; ')}`;
  return [{ field: pathText(path), code: 'wrong-type', message }];
}

function optionsOf(schema: z.ZodType | undefined): readonly z.ZodType[] {
  const union = schema && bare(schema);
  return union instanceof z.ZodUnion ? union.options.filter((option) => option instanceof z.ZodType) : [];
}

/** What a form other than given words looks like. */
function formOf(option: z.ZodType): readonly string[] {
  const keys = keysOf(option);
  if (keys.length > 0) return [`{ ${keys.join(', ')} }`];
  const { type } = bare(option).def;
  return type === 'literal' || type === 'enum' ? [] : [`of type ${kubernetesTypes[type] ?? type}`];
}

/** Which of them has a field that the value has; -1: none. */
function meantOf(options: readonly z.ZodType[], value: unknown): number {
  return options.findIndex((option) => keysOf(option).some((key) => valueAt(value, [key]) !== undefined));
}

/** The values that it is one of. */
function wordsOf(schema: z.ZodType): readonly string[] {
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  return schema instanceof z.ZodEnum ? schema.options.map(String) : [];
}

/** The fields of an object. */
function keysOf(schema: z.ZodType | undefined): readonly string[] {
  const known = schema && bare(schema);
  return known instanceof z.ZodObject ? Object.keys(known.shape) : [];
}

function sentenceFor(issue: z.core.$ZodIssue, value: unknown, about: string): Omit<Finding, 'field'> {
  if (issue.code === 'custom') return ruleSentence(issue, value);
  if (value === undefined) return { code: 'required', message: `Required value${about || typeWanted(issue)}` };
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'wrong-type', message: `Invalid value: ${show(value)}: must be of type ${typeOf(issue)}${about}` };
    case 'invalid_value': {
      const values = issue.values.map(show).join(', ');
      const meant = typeof value === 'string' ? suggestion(value, issue.values.map(String)).trimEnd() : '';
      return {
        code: 'unsupported-value',
        message: `Unsupported value: ${show(value)}: supported values: ${values}${meant && `; ${meant}`}${about}`,
      };
    }
    case 'too_small':
    case 'too_big':
      return { code: 'out-of-bounds', message: `${boundsMessage(issue, value)}${about}` };
    default:
      return { code: 'invalid', message: `Invalid value: ${show(value)}: ${issue.message}${about}` };
  }
}

/** What to write in a field that says nothing of itself. */
function typeWanted(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' ? `: write it, of type ${typeOf(issue)}` : '';
}

function typeOf({ expected }: z.core.$ZodIssueInvalidType): string {
  return kubernetesTypes[expected] ?? expected;
}

/** What other APIs call the same. */
const elsewhere: Readonly<Record<string, string>> = { allow: 'Accept', block: 'Deny', drop: 'Deny', reject: 'Deny' };

function suggestion(text: string, words: readonly string[]): string {
  const same = Object.hasOwn(elsewhere, text.toLowerCase()) ? elsewhere[text.toLowerCase()] : undefined;
  const similar = same !== undefined && words.includes(same) ? same : similarTo(text, words);
  return similar === undefined ? '' : `did you mean ${similar}? `;
}

/** One of our own rules spoke; its message says it all. */
function ruleSentence({ params, message }: z.core.$ZodIssueCustom, value: unknown): Omit<Finding, 'field'> {
  const { code = 'invalid', reason } = (params ?? {}) as Partial<IssueParams>;
  switch (reason) {
    case 'FieldValueRequired':
      return { code, message: `Required value: ${message}` };
    case 'FieldValueForbidden':
      return { code, message: `Forbidden: ${message}` };
    case 'FieldValueDuplicate':
      return { code, message: `Duplicate value: ${show(value)}: ${message}` };
    default:
      return { code, message: shownAlready(message, value) ? message : `Invalid value: ${show(value)}: ${message}` };
  }
}

function shownAlready(message: string, value: unknown): boolean {
  return typeof value !== 'string' || (value !== '' && message.startsWith(value));
}

function boundsMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, value: unknown): string {
  if (issue.code === 'too_small') {
    return issue.origin === 'array'
      ? `should have at least ${issue.minimum} items, or be left out`
      : issue.origin === 'string'
        ? `Invalid value: ${show(value)}: ${issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} characters`}`
        : `Invalid value: ${show(value)}: should be greater than or equal to ${issue.minimum}`;
  }
  if (issue.origin === 'array') return `Too many: must have at most ${issue.maximum} items`;
  if (issue.origin === 'string') return `Too long: may not be more than ${issue.maximum} bytes`;
  return `Invalid value: ${show(value)}: should be less than or equal to ${issue.maximum}`;
}

/** What Kubernetes calls a type, where zod has another word. */
const kubernetesTypes: Readonly<Record<string, string>> = { int: 'integer', number: 'integer', record: 'object' };

/** The schema of the field at a path; undefined where there is no such field. */
function schemaAt(schema: z.ZodType, [step, ...rest]: Path): z.ZodType | undefined {
  if (step === undefined) return schema;
  const around = bare(schema);
  const field =
    around instanceof z.ZodArray
      ? around.element
      : around instanceof z.ZodRecord
        ? around.valueType
        : around instanceof z.ZodObject && Object.hasOwn(around.shape, step)
          ? (around.shape as z.core.$ZodShape)[String(step)]
          : undefined;
  return field instanceof z.ZodType ? schemaAt(field, rest) : undefined;
}

/** Without what says that it may be left out, and what is done to it before or afterwards. */
function bare(schema: z.ZodType): z.ZodType {
  const inner = innerOf(schema);
  return inner instanceof z.ZodType ? bare(inner) : schema;
}

function innerOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return schema.unwrap();
  if (!(schema instanceof z.ZodPipe)) return undefined;
  return schema.in instanceof z.ZodTransform ? schema.out : schema.in;
}

const shownLength = 80;

/** The value for a message: short, on one line, whatever it is. */
function show(value: unknown): string {
  if (value !== null && typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > shownLength ? `${text.slice(0, shownLength)}...` : text;
}

/** `spec.to[0].networks[1]` */
export function pathText(path: Path): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return steps.join('').replace(/^\./, '');
}

/** The value at a path, undefined where there is none. */
export function valueAt(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) return value;
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
  return valueAt((value as Record<PropertyKey, unknown>)[step], rest);
}
