import { z } from 'zod';
import type { FieldCode } from '../problem-codes.ts';

/**
 * One rule said twice: in CEL, which the API server runs, and in TypeScript, which runs where there is no API server.
 * Both say the same thing; the integration tests hold them against each other.
 */
export interface Rule<T> {
  /** Stable identifier, `reversed-port-range`. */
  readonly code: FieldCode;
  /** CEL over `self`; true when the value is fine. */
  readonly cel: string;
  readonly holds: (value: T) => boolean;
  /** What is wrong, and what to write instead. */
  readonly message: Message<T>;
  /** Field of the value that the message is about; absent: the value itself. */
  readonly field?: string;
  /** How the API server classifies the refusal; absent: an invalid value. */
  readonly reason?: 'FieldValueRequired' | 'FieldValueForbidden';
}

/** Fixed text, or text that depends on the value: again in both languages, with a text for when CEL cannot tell. */
export type Message<T> =
  string | { readonly text: string; readonly cel: string; readonly explain: (value: T) => string };

/** An entry of `x-kubernetes-validations`. */
export interface Validation {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
}

/** What the API server is told about a schema beside its shape. */
export interface Marks {
  readonly validations?: readonly Validation[];
  /** `x-kubernetes-list-type`; a `map` names its keys. */
  readonly list?: { readonly type: 'set' } | { readonly type: 'map'; readonly keys: readonly string[] };
  readonly format?: 'date-time';
  readonly maxProperties?: number;
  readonly preserveUnknownFields?: true;
  /** The API server keeps a null instead of dropping it, so that the enum or a rule of ours refuses it. Never stored. */
  readonly nullable?: true;
}

/** What an issue of ours says beside its message; every issue of zod's code `custom` has them. */
export interface IssueParams {
  readonly code: FieldCode;
  readonly reason?: Rule<unknown>['reason'] | 'FieldValueDuplicate';
}

const registry = z.registry<Marks>();

/** The marks of a schema, its own and those it had before `.describe()` and the like made a copy of it. */
export function marksOf(schema: z.core.$ZodType): Marks {
  return registry.get(schema) ?? {};
}

/** A copy of the schema with marks added. */
export function marked<S extends z.ZodType>(schema: S, marks: Marks): S {
  const copy = schema.clone();
  registry.add(copy, { ...marksOf(schema), ...marks });
  return copy;
}

/** A copy of the schema that holds to the rules, here and in the API server. Like CEL, they wait for the shape to be right. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: readonly Rule<z.output<S>>[]): S {
  const checked = schema.check((context) => {
    if (context.issues.length > 0) return;
    for (const rule of rules.filter(({ holds }) => !holds(context.value))) {
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: rule.field === undefined ? [] : [rule.field],
        message: messageFor(rule.message, context.value),
        params: { code: rule.code, reason: rule.reason } satisfies IssueParams,
      });
    }
  });
  const validations = [...(marksOf(schema).validations ?? []), ...rules.map(toValidation)];
  return marked(checked, { ...marksOf(schema), validations });
}

function messageFor<T>(message: Message<T>, value: T): string {
  return typeof message === 'string' ? message : message.explain(value);
}

function toValidation<T>({ cel, message, field, reason }: Rule<T>): Validation {
  return {
    rule: cel,
    message: typeof message === 'string' ? message : message.text,
    ...(typeof message === 'string' ? {} : { messageExpression: message.cel }),
    ...(field === undefined ? {} : { fieldPath: `.${field}` }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A text as a CEL literal. */
export function celText(text: string): string {
  const escaped = text
    .replace(/[\\']/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `'${escaped}'`;
}

/** The rule that a text matches a regular expression written in what RE2 and ECMAScript have in common. */
export function matching(pattern: string, code: FieldCode, message: Message<string>): Rule<string> {
  const expression = new RegExp(pattern, 'u');
  return { code, cel: `self.matches(${celText(pattern)})`, holds: (text) => expression.test(text), message };
}

type Has<K extends string> = Readonly<Partial<Record<K, unknown>>>;

/** What a rule says, where its message is a fixed text. */
export type Words = Pick<Rule<unknown>, 'code'> & { readonly message: string };

/** The rule that at least one of these fields is there. */
export function someOf<K extends string>(
  fields: readonly K[],
  words: Words & Pick<Rule<unknown>, 'field' | 'reason'>,
): Rule<Has<K>> {
  const cel = fields.map((field) => `has(self.${field})`).join(' || ');
  return { ...words, cel, holds: (value) => fields.some((field) => value[field] !== undefined) };
}

/** The rule that a field stands without these others; it is the one that is named. */
export function without<K extends string>(
  field: K,
  others: readonly K[],
  words: Words & Pick<Rule<unknown>, 'reason'>,
): Rule<Has<K>> {
  const cel = `!has(self.${field}) || !(${others.map((other) => `has(self.${other})`).join(' || ')})`;
  const holds = (value: Has<K>): boolean =>
    value[field] === undefined || others.every((other) => value[other] === undefined);
  return { ...words, field, cel, holds };
}

/** The rules that a field is there with this value of another, and with no other. */
export function onlyWhere<F extends string, O extends string>(
  [field, other, value]: readonly [F, O, string],
  required: Words,
  forbidden: Words,
): readonly Rule<Has<F | O>>[] {
  return [
    {
      ...required,
      cel: `self.${other} != '${value}' || has(self.${field})`,
      holds: (spec) => spec[other] !== value || spec[field] !== undefined,
      field,
      reason: 'FieldValueRequired',
    },
    {
      ...forbidden,
      cel: `self.${other} == '${value}' || !has(self.${field})`,
      holds: (spec) => spec[other] === value || spec[field] === undefined,
      field,
      reason: 'FieldValueForbidden',
    },
  ];
}

/** A case that deserves its own words. */
export interface Case {
  readonly cel: string;
  readonly applies: (text: string) => boolean;
  readonly message: string;
}

/** The message of the first case that applies, else the general one. */
export function explaining(cases: readonly Case[], otherwise: string): Message<string> {
  return {
    text: otherwise,
    cel: [...cases.map(({ cel, message }) => `${cel} ? ${celText(message)} : `), celText(otherwise)].join(''),
    explain: (text) => cases.find(({ applies }) => applies(text))?.message ?? otherwise,
  };
}
