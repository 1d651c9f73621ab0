import { z } from 'zod';

/** What is kept of a CloudEvent (https://github.com/cloudevents/spec, 1.0): what it is called, for the answer and the log. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
}

export type ReadEvent =
  /** Not a CloudEvent at all, and none is needed. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'events'; readonly events: readonly CloudEvent[] }
  | { readonly kind: 'malformed'; readonly why: string };

const attribute = z.string().min(1).max(1024);
const eventSchema = z.looseObject({
  specversion: z.string().regex(/^1\./, 'only version 1 is understood'),
  id: attribute,
  source: attribute,
  type: attribute,
});
const required = Object.keys(eventSchema.shape);

/**
 * Reads a request in structured, batched or binary mode; anything else is a plain request. What an event carries is not
 * looked at: it says that there may be something to do, and what there is to do stands in the queue.
 *
 * @param header by name in lower case
 */
export function readEvent(header: (name: string) => string | undefined, body: string): ReadEvent {
  const type = header('content-type')?.toLowerCase() ?? '';
  if (type.startsWith('application/cloudevents-batch+json')) return structured(z.array(eventSchema).max(1000), body);
  if (type.startsWith('application/cloudevents+json'))
    return structured(
      eventSchema.transform((event) => [event]),
      body,
    );
  if (type.startsWith('application/cloudevents')) return { kind: 'malformed', why: `${type}: only JSON is understood` };
  const attributes = required.map((name) => [name, header(`ce-${name}`)] as const);
  if (attributes.every(([, value]) => value === undefined)) return { kind: 'plain' };
  return parsed(
    eventSchema.transform((event) => [event]),
    Object.fromEntries(attributes),
  );
}

type Events = readonly z.output<typeof eventSchema>[];

function structured(schema: z.ZodType<Events>, body: string): ReadEvent {
  try {
    return parsed(schema, JSON.parse(body));
  } catch {
    return { kind: 'malformed', why: 'the body is not JSON' };
  }
}

function parsed(schema: z.ZodType<Events>, input: unknown): ReadEvent {
  const result = schema.safeParse(input);
  if (result.success)
    return { kind: 'events', events: result.data.map(({ id, source, type }) => ({ id, source, type })) };
  const [issue] = result.error.issues;
  return { kind: 'malformed', why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
