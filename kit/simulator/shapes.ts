import type { Json, JsonObject } from '../../src/core/model/json.ts';

/*
 * The shapes of a service, one a line, as its model has them:
 *
 *   Name string 1..128 ^pattern$     Name integer 0..9     Name ONE|OTHER     Name boolean
 *   Name [Member] 1..200             Name <Key Value>      Name {member:Shape required!:Shape SameName}
 */

type Shape =
  | { readonly type: 'string'; readonly range: Range; readonly pattern?: RegExp; readonly values?: readonly string[] }
  | { readonly type: 'number'; readonly range: Range }
  | { readonly type: 'boolean' }
  | { readonly type: 'list'; readonly range: Range; readonly member: string }
  | { readonly type: 'map'; readonly range: Range; readonly key: string; readonly value: string }
  | { readonly type: 'structure'; readonly members: ReadonlyMap<string, Member> };

interface Range {
  readonly min: number;
  readonly max: number;
}

interface Member {
  readonly shape: string;
  readonly required: boolean;
}

/** What is wrong with a request, and where: `RuleGroup.RulesSource`. */
export interface Fault {
  readonly kind: 'missing' | 'unknown' | 'invalid' | 'unsimulated';
  readonly path: string;
  readonly value: string;
}

/** Holds requests to the shapes of one service. */
export class Shapes {
  readonly #shapes: ReadonlyMap<string, Shape>;
  /** On the wire of EC2 numbers and truth values are texts, and a list without members is not there. */
  readonly #asText: boolean;
  readonly #unsimulated: ReadonlySet<string>;

  /** @param unsimulated shapes that are known and not simulated */
  constructor(
    text: string,
    { asText, unsimulated = new Set() }: { readonly asText: boolean; readonly unsimulated?: ReadonlySet<string> },
  ) {
    this.#asText = asText;
    this.#unsimulated = unsimulated;
    const lines = text.trim().split('\n');
    this.#shapes = new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), shapeOf(line)]));
  }

  has(name: string): boolean {
    return this.#shapes.has(name);
  }

  /** The first fault of a request; undefined: it is well formed. */
  check(name: string, value: Json, path = ''): Fault | undefined {
    const shape = this.#shapes.get(name);
    if (shape === undefined) return fault(this.#unsimulated.has(name) ? 'unsimulated' : 'unknown', path, value);
    if (shape.type === 'structure') return this.#structure(shape.members, value, path);
    if (shape.type === 'list') return this.#list(shape, value, path);
    if (shape.type === 'map') return this.#map(shape, value, path);
    return isScalar(shape, value, this.#asText) ? undefined : fault('invalid', path, value);
  }

  #structure(members: ReadonlyMap<string, Member>, value: Json, path: string): Fault | undefined {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return fault('invalid', path, value);
    const object = value as JsonObject;
    for (const [name, { required }] of members) {
      if (required && object[name] === undefined) return fault('missing', joined(path, name), '');
    }
    for (const [name, item] of Object.entries(object)) {
      const member = members.get(name);
      const found =
        member === undefined
          ? fault('unknown', joined(path, name), item)
          : this.check(member.shape, item, joined(path, name));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #list({ member, range }: Extract<Shape, { type: 'list' }>, value: Json, path: string): Fault | undefined {
    if (!Array.isArray(value) || !isIn(range, value.length)) return fault('invalid', path, value);
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const found = this.check(member, item, `${path}.${index + 1}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #map({ key, value: shape, range }: Extract<Shape, { type: 'map' }>, value: Json, path: string): Fault | undefined {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return fault('invalid', path, value);
    const entries = Object.entries(value as JsonObject);
    if (!isIn(range, entries.length)) return fault('invalid', path, value);
    for (const [name, item] of entries) {
      const found = this.check(key, name, joined(path, name)) ?? this.check(shape, item, joined(path, name));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function shapeOf(line: string): Shape {
  const body = line.slice(line.indexOf(' ') + 1);
  if (body.startsWith('{')) return { type: 'structure', members: new Map(body.slice(1, -1).split(' ').map(memberOf)) };
  const [, member, key, value, rest = ''] = /^(?:\[(\S+)\]|<(\S+) (\S+)>) ?(.*)$/.exec(body) ?? [];
  if (member !== undefined) return { type: 'list', member, range: rangeOf(rest) };
  if (key !== undefined && value !== undefined) return { type: 'map', key, value, range: rangeOf(rest) };
  return scalarOf(body);
}

function scalarOf(body: string): Shape {
  const [, type = '', rest = ''] = /^(\S+) ?(.*)$/.exec(body) ?? [];
  if (type === 'boolean') return { type };
  if (type === 'integer' || type === 'long') return { type: 'number', range: rangeOf(rest) };
  if (type !== 'string') return { type: 'string', range: rangeOf(''), values: type.split('|').filter(Boolean) };
  const [, range = '', pattern = ''] = /^((?:\d*\.\.\d*)?) ?(.*)$/.exec(rest) ?? [];
  return { type, range: rangeOf(range), ...(pattern !== '' && { pattern: new RegExp(pattern) }) };
}

function memberOf(text: string): readonly [string, Member] {
  const [, name = '', required = '', shape = name] = /^([^!:]+)(!?)(?::(.+))?$/.exec(text) ?? [];
  return [name, { shape, required: required === '!' }];
}

function rangeOf(text: string): Range {
  const [min = '', max = ''] = text.split('..');
  return { min: min === '' ? -Infinity : Number(min), max: max === '' ? Infinity : Number(max) };
}

function isIn({ min, max }: Range, value: number): boolean {
  return value >= min && value <= max;
}

function isScalar(shape: Shape, value: Json, asText: boolean): boolean {
  if (shape.type === 'boolean') return asText ? value === 'true' || value === 'false' : typeof value === 'boolean';
  if (shape.type === 'number') return isNumber(shape.range, value, asText);
  return shape.type === 'string' && typeof value === 'string' && isText(shape, value);
}

function isNumber(range: Range, value: Json, asText: boolean): boolean {
  const number = asText && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && isIn(range, number);
}

function isText({ values, range, pattern }: Extract<Shape, { type: 'string' }>, value: string): boolean {
  if (values !== undefined) return values.includes(value);
  return isIn(range, value.length) && (pattern?.test(value) ?? true);
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function fault(kind: Fault['kind'], path: string, value: Json): Fault {
  return { kind, path, value: typeof value === 'string' ? value.slice(0, 80) : '' };
}
