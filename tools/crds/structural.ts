import { z } from 'zod';
import { marksOf, type Validation } from '../../src/api/fields/rule.ts';

/**
 * A structural schema of Kubernetes: a type on every node, and none of the words that Kubernetes refuses in one.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface Structural {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly format?: 'date-time';
  readonly nullable?: true;
  readonly enum?: readonly string[];
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
  readonly 'x-kubernetes-list-type'?: 'set' | 'map' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly Validation[];
}

type Json = Record<string, unknown>;

/** The keys of a node in the order in which they are written. */
const order = [
  ...['type', 'description', 'default', 'format', 'nullable', 'maxProperties', 'enum', 'required', 'properties'],
  ...['additionalProperties', 'minimum', 'maximum', 'minItems', 'maxItems', 'maxLength', 'items'],
  ...['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-preserve-unknown-fields'],
  'x-kubernetes-validations',
];

/** The structural schema that says what the zod schema says. Throws a TypeError on a construct that none can hold. */
export function structural(schema: z.ZodType): Structural {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => Object.assign(jsonSchema, kubernetesWords(zodSchema)),
  });
  return inOrder(json) as unknown as Structural;
}

function kubernetesWords(schema: z.core.$ZodType): Json {
  const { validations, list, format, maxProperties, preserveUnknownFields, nullable } = marksOf(schema);
  return {
    ...(format && { format }),
    ...(nullable && { nullable }),
    ...(maxProperties !== undefined && { maxProperties }),
    ...(list && { 'x-kubernetes-list-type': list.type }),
    ...(list?.type === 'map' && { 'x-kubernetes-list-map-keys': list.keys }),
    ...(preserveUnknownFields && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(validations && { 'x-kubernetes-validations': validations }),
  };
}

/** One node and all below it: ordered, and without what zod says beside it and Kubernetes does not take. */
function inOrder(node: Json): Json {
  if (typeof node['type'] !== 'string') {
    throw new TypeError(`a structural schema cannot say ${Object.keys(node).join(', ') || 'anything'}`);
  }
  const { properties, items, additionalProperties, minimum, maximum } = node;
  const fields = Object.entries((properties ?? {}) as Record<string, Json>);
  const values = additionalProperties as Json | boolean | undefined;
  const hasValues = typeof values === 'object' && Object.keys(values).length > 0;
  const whole: Json = {
    ...node,
    properties: properties && Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)])),
    items: items && inOrder(items as Json),
    additionalProperties: hasValues ? inOrder(values) : undefined,
    minimum: minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum,
    maximum: maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum,
  };
  return Object.fromEntries(order.flatMap((key) => (whole[key] === undefined ? [] : [[key, whole[key]]])));
}
