import type { JsonObject } from '../../../src/core/model/json.ts';

/** What the service says no with. */
export class Failure extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** @throws Failure for what is no JSON */
export function jsonInput(body: string): JsonObject {
  try {
    return JSON.parse(body) as JsonObject;
  } catch {
    throw new Failure('SerializationException', 'the body is no JSON');
  }
}

type Node = Map<string, Node | string>;

/** `Entry.1.Cidr=10.0.0.0/8` as an object: numbers are places in a list, from 1. */
export function formInput(body: string): JsonObject {
  const root: Node = new Map();
  for (const [name, value] of new URLSearchParams(body)) {
    if (name === 'Action' || name === 'Version') continue;
    const parts = name.split('.');
    let node = root;
    for (const part of parts.slice(0, -1)) {
      const below = node.get(part);
      const next: Node = below instanceof Map ? below : new Map<string, Node | string>();
      node.set(part, next);
      node = next;
    }
    node.set(parts.at(-1) ?? '', value);
  }
  return plain(root) as JsonObject;
}

function plain(node: Node | string): JsonObject[string] {
  if (typeof node === 'string') return node;
  const entries = [...node].map(([key, value]) => [key, plain(value)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
  if (!isList) return Object.fromEntries(entries);
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}
