import { z } from 'zod';
import { marksOf, type Validation } from './rule.ts';

/**
 * A structural schema of Kubernetes: a type on every node, and none of the words that Kubernetes refuses in one.
 * The order of the keys is the order in which they are written.
 */
export interface Structural {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly format?: 'date-time';
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Structural>>;
  readonly additionalProperties?: Structural;
  readonly items?: Structural;
  readonly 'x-kubernetes-list-type'?: 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly Validation[];
}

/** The structural schema that says what the zod schema says. Throws a TypeError on a construct that no structural schema can hold. */
export function structural(schema: z.ZodType, outer: Pick<Structural, 'description' | 'default'> = {}): Structural {
  const description = outer.description ?? schema.description;
  const around = present({ ...outer, description });
  if (schema instanceof z.ZodOptional) return structural(typed(schema.unwrap()), around);
  if (schema instanceof z.ZodDefault) {
    return structural(typed(schema.unwrap()), { ...around, default: schema.def.defaultValue });
  }
  const { type, ...rest } = body(schema);
  const marks = marksOf(schema);
  return present({
    type,
    ...around,
    format: marks.format,
    maxProperties: marks.maxProperties,
    ...rest,
    'x-kubernetes-list-type': marks.list?.type,
    'x-kubernetes-list-map-keys': marks.list?.type === 'map' ? marks.list.keys : undefined,
    'x-kubernetes-preserve-unknown-fields': marks.preserveUnknownFields,
    'x-kubernetes-validations': marks.validations,
  });
}

/** The structural schema of the field at a path, and only of that; undefined where the schema knows no such field. */
export function structuralAt(schema: z.ZodType, path: readonly PropertyKey[]): Structural | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return structural(schema);
  const field = fieldOf(schema, String(step));
  return field && structuralAt(field, rest);
}

function fieldOf(schema: z.ZodType, name: string): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return fieldOf(typed(schema.unwrap()), name);
  if (schema instanceof z.ZodArray) return typed(schema.element);
  if (schema instanceof z.ZodRecord) return typed(schema.valueType);
  if (!(schema instanceof z.ZodObject)) return undefined;
  const shape: z.core.$ZodShape = schema.shape;
  const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
  return field && typed(field);
}

function body(schema: z.ZodType): Structural {
  if (schema instanceof z.ZodObject) return objectBody(schema);
  if (schema instanceof z.ZodArray) return arrayBody(schema);
  if (schema instanceof z.ZodRecord) return recordBody(schema);
  if (schema instanceof z.ZodEnum) return { type: 'string', enum: schema.options.map(String) };
  if (schema instanceof z.ZodString) return present({ type: 'string', maxLength: schema.maxLength ?? undefined });
  if (schema instanceof z.ZodNumberFormat) return integerBody(schema);
  if (schema instanceof z.ZodBoolean) return { type: 'boolean' };
  throw new TypeError(`a structural schema cannot say ${schema.def.type}`);
}

function objectBody(schema: z.ZodObject): Structural {
  const shape: z.core.$ZodShape = schema.shape;
  const fields = Object.entries(shape).map(([name, field]) => [name, typed(field)] as const);
  const required = fields.filter(([, field]) => isRequired(field)).map(([name]) => name);
  return present({
    type: 'object',
    required: required.length > 0 ? required : undefined,
    properties: Object.fromEntries(fields.map(([name, field]) => [name, structural(field)])),
  });
}

function arrayBody(schema: z.ZodArray): Structural {
  const checks = schema.def.checks?.map(({ _zod }) => _zod.def) ?? [];
  return present({
    type: 'array',
    minItems: checks.find(isMinLength)?.minimum,
    maxItems: checks.find(isMaxLength)?.maximum,
    items: structural(typed(schema.element)),
  });
}

/** A structural schema says nothing about keys; rules do. */
function recordBody(schema: z.ZodRecord): Structural {
  const values = typed(schema.valueType);
  return values instanceof z.ZodUnknown
    ? { type: 'object' }
    : { type: 'object', additionalProperties: structural(values) };
}

function integerBody({ minValue, maxValue }: z.ZodNumber): Structural {
  return present({
    type: 'integer',
    minimum: minValue === Number.MIN_SAFE_INTEGER ? undefined : (minValue ?? undefined),
    maximum: maxValue === Number.MAX_SAFE_INTEGER ? undefined : (maxValue ?? undefined),
  });
}

function isMinLength(def: z.core.$ZodCheckDef): def is z.core.$ZodCheckMinLengthDef {
  return def.check === 'min_length';
}

function isMaxLength(def: z.core.$ZodCheckDef): def is z.core.$ZodCheckMaxLengthDef {
  return def.check === 'max_length';
}

function isRequired(schema: z.ZodType): boolean {
  return !(schema instanceof z.ZodOptional || schema instanceof z.ZodDefault);
}

function typed(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodType) return schema;
  throw new TypeError('only schemas of the full zod can become structural schemas');
}

/** The same without the keys that hold nothing. */
function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
