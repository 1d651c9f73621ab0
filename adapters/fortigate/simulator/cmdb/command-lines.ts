import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf, type Call } from '../api/call.ts';
import type { TableSchema } from '../tables/schema.ts';

/** One write in the device's command language, as `transaction-show` tells it. */
export function commandLines(
  call: Call,
  target: {
    readonly schema: TableSchema;
    readonly key: string | undefined;
    readonly child: string | undefined;
    readonly childKey: string | undefined;
  },
): readonly string[] {
  const { schema, key, child, childKey } = target;
  const body = call.method === 'DELETE' || call.query.has('action') ? {} : bodyOf(call);
  const name = key ?? text(body[schema.mkey] ?? '0');
  const inner = (): readonly string[] => {
    if (child !== undefined) {
      const verb = call.method === 'DELETE' ? 'unselect' : 'append';
      return [`edit ${quoted(name)}`, `${verb} ${child} ${quoted(childKey ?? text(body['name'] ?? ''))}`, 'next'];
    }
    if (call.method === 'DELETE') return [`delete ${quoted(name)}`];
    const action = call.query.get('action');
    if (action === 'clone') return [`clone ${quoted(name)} to ${quoted(call.query.get('nkey') ?? '')}`];
    if (action === 'move') {
      const way = call.query.has('before') ? 'before' : 'after';
      return [`move ${quoted(name)} ${way} ${quoted(call.query.get(way) ?? '')}`];
    }
    const settings = Object.entries(body).filter(([field]) => field !== schema.mkey && field !== 'q_origin_key');
    return [`edit ${quoted(name)}`, ...settings.map(([field, value]) => `set ${field} ${shown(value)}`), 'next'];
  };
  return [`config ${schema.path.replace('.', ' ')} ${schema.name}`, ...inner(), 'end'];
}

function shown(value: Json): string {
  if (!Array.isArray(value)) return quoted(text(value));
  return (value as readonly JsonObject[]).map((row) => quoted(text(Object.values(row)[0] ?? ''))).join(' ');
}

function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
