import { notAllowed, unregistered } from '../api/failure.ts';
import type { Profile } from '../profile.ts';
import { absolute } from '../tables/fields.ts';
import { addressList, portList } from '../tables/lists.ts';
import type { Schema, Schemas } from '../tables/schema.ts';

/** What a path below `/mgmt/tm` stands for. */
export interface Resource {
  readonly schema: Schema;
  /** As it was asked for: `/net/address-list` shows the same objects under its own name. */
  readonly path: string;
  /** Absent: the whole collection. */
  readonly fullPath?: string;
  /** Its rules; the empty string: all of them. */
  readonly rule?: string;
}

const aliases: Readonly<Record<string, string>> = {
  '/net/address-list': addressList,
  '/net/port-list': portList,
};

/** @throws Rejection for an unknown path. */
export function resourceOf(schemas: Schemas, profile: Profile, segments: readonly string[]): Resource {
  for (let length = segments.length; length > 0; length--) {
    const path = `/${segments.slice(0, length).join('/')}`;
    const kept = profile.sharedLists ? (aliases[path] ?? path) : path;
    const schema = schemas.get(kept);
    if (schema !== undefined) return below(schema, path, segments.slice(length));
  }
  throw unregistered(`/tm/${segments.join('/')}`);
}

function below(schema: Schema, path: string, [item, sub, rule, ...rest]: readonly string[]): Resource {
  const unknown = sub !== undefined && (sub !== 'rules' || schema.rules === undefined);
  if (unknown || rest.length > 0 || (schema.scope === 'singleton' && item !== undefined)) {
    throw unregistered(`/tm${path}`);
  }
  if (schema.scope === 'singleton') return { schema, path, fullPath: '' };
  if (item === undefined) return { schema, path };
  const named = item.replaceAll('~', '/');
  const fullPath = schema.scope === 'global' ? named.replace(/^\//, '') : absolute(named);
  return { schema, path, fullPath, ...(sub === undefined ? {} : { rule: rule ?? '' }) };
}

export function needItem({ fullPath }: Resource, method: string): string {
  if (fullPath === undefined) throw notAllowed(method);
  return fullPath;
}
