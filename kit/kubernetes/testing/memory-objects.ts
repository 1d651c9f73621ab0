import { AdapterError } from '../../../src/adapter/errors.ts';
import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import type {
  KubernetesObject,
  KubernetesObjects,
  ObjectContent,
  ObjectKind,
  ObjectName,
  ObjectVerb,
} from '../../../src/adapter/kubernetes-objects.ts';

interface Stored {
  object: KubernetesObject;
  /** What the field manager `postern` applied last: the fields it owns. */
  applied: JsonObject;
}

/** One call, as whoever watches is told. */
export interface ObjectCall {
  readonly verb: 'list' | ObjectVerb;
  readonly kind: string;
  /** `namespace/name`; empty for a list. */
  readonly name: string;
}

/**
 * An API server's objects in memory. What it says of fields is server-side apply with two managers, us and everybody
 * else: maps are merged, lists are replaced, and a field that we applied before and leave out goes.
 */
export class MemoryObjects implements KubernetesObjects {
  readonly #stored = new Map<string, Stored>();
  readonly #kinds: ReadonlyMap<string, ObjectKind>;
  readonly #denied: ReadonlySet<ObjectVerb>;
  #revision = 0;
  /** Called before each call is carried out; what it throws, the caller gets. */
  onCall: (call: ObjectCall) => void = () => undefined;
  /** Called after each write. */
  onWritten: (call: ObjectCall) => void = () => undefined;

  /** @param kinds what the API server serves */
  constructor(kinds: readonly ObjectKind[], denied: readonly ObjectVerb[] = []) {
    this.#kinds = new Map(kinds.map((kind) => [typeOf(kind), kind]));
    this.#denied = new Set(denied);
  }

  /** Everything there is, of all kinds. */
  all(): readonly KubernetesObject[] {
    return [...this.#stored.values()].map(({ object }) => object);
  }

  /** Puts an object there as another client would, past the fields we own. */
  put(object: KubernetesObject): void {
    const key = keyOf(typeIn(object), nameOf(object));
    const before = this.#stored.get(key);
    this.#stored.set(key, { object: this.#stamped(object, before), applied: before?.applied ?? {} });
  }

  clear(): void {
    this.#stored.clear();
  }

  served(): Promise<readonly ObjectKind[]> {
    return Promise.resolve([...this.#kinds.values()].filter(({ group }) => group !== ''));
  }

  version(kind: ObjectKind): Promise<string | undefined> {
    return Promise.resolve(this.#kinds.get(typeOf(kind))?.versions[0]);
  }

  list(
    type: ObjectKind,
    { labelSelector = '', namespace = '' }: { labelSelector?: string; namespace?: string } = {},
  ): Promise<readonly KubernetesObject[]> {
    return this.#answer({ verb: 'list', kind: type.kind, name: '' }, type, () =>
      this.all().filter(
        (object) =>
          typeIn(object) === typeOf(type) &&
          (namespace === '' || object.metadata.namespace === namespace) &&
          selects(labelSelector, object),
      ),
    );
  }

  get(type: ObjectKind, name: ObjectName): Promise<KubernetesObject | undefined> {
    const call: ObjectCall = { verb: 'get', kind: type.kind, name: told(name) };
    return this.#answer(call, type, () => this.#stored.get(keyOf(typeOf(type), name))?.object);
  }

  apply(type: ObjectKind, object: KubernetesObject, { force }: { force: boolean }): Promise<KubernetesObject> {
    const { kind } = type;
    const name = nameOf(object);
    const key = keyOf(typeOf(type), name);
    return this.#write({ verb: 'patch', kind, name: told(name) }, type, () => {
      const before = this.#stored.get(key);
      const { uid, ...metadata } = object.metadata;
      if (uid !== undefined && before?.object.metadata.uid !== uid) throw conflict(kind, name);
      const applied = fields({ ...object, metadata });
      const rest = before ? without(fields(before.object), before.applied) : {};
      if (!force && clashes(rest, applied)) throw new AdapterError('foreign-owned', `${kind} ${told(name)}: conflict`);
      const stored = {
        object: this.#stamped(merged(rest, applied) as ObjectContent & KubernetesObject, before),
        applied,
      };
      this.#stored.set(key, stored);
      return stored.object;
    });
  }

  replace(type: ObjectKind, object: KubernetesObject): Promise<KubernetesObject> {
    const { kind } = type;
    const name = nameOf(object);
    const key = keyOf(typeOf(type), name);
    return this.#write({ verb: 'update', kind, name: told(name) }, type, () => {
      const before = this.#stored.get(key);
      if (before?.object.metadata.resourceVersion !== object.metadata.resourceVersion) throw conflict(kind, name);
      const stored = { object: this.#stamped(object, before), applied: fields(object) };
      this.#stored.set(key, stored);
      return stored.object;
    });
  }

  remove(type: ObjectKind, { uid, ...name }: ObjectName & { uid: string }): Promise<void> {
    const { kind } = type;
    const key = keyOf(typeOf(type), name);
    return this.#write({ verb: 'delete', kind, name: told(name) }, type, () => {
      const found = this.#stored.get(key);
      if (found === undefined) return;
      if (found.object.metadata.uid !== uid) throw conflict(kind, name);
      this.#stored.delete(key);
    });
  }

  /** As whom it is asked for is in the token, so that who is shown one can say. */
  token(account: ObjectName, audience: string): Promise<string> {
    const call: ObjectCall = { verb: 'create', kind: 'TokenRequest', name: told(account) };
    return Promise.resolve().then(() => {
      this.onCall(call);
      return `token of ${told(account)} for ${audience}`;
    });
  }

  missing(_kind: ObjectKind, verbs: readonly ObjectVerb[]): Promise<readonly ObjectVerb[]> {
    return Promise.resolve(verbs.filter((verb) => this.#denied.has(verb)));
  }

  #stamped(object: KubernetesObject, before: Stored | undefined): KubernetesObject {
    this.#revision += 1;
    const uid = before?.object.metadata.uid ?? `uid-${this.#revision}`;
    return { ...object, metadata: { ...object.metadata, uid, resourceVersion: `${this.#revision}` } };
  }

  async #write<T>(call: ObjectCall, type: ObjectKind, act: () => T): Promise<T> {
    const result = await this.#answer(call, type, act);
    this.onWritten(call);
    return result;
  }

  async #answer<T>(call: ObjectCall, type: ObjectKind, act: () => T): Promise<T> {
    await Promise.resolve();
    this.onCall(call);
    if (!this.#kinds.has(typeOf(type)))
      throw new AdapterError('unsupported', `The API server does not serve ${call.kind}.`);
    return act();
  }
}

function selects(labelSelector: string, { metadata }: KubernetesObject): boolean {
  const pairs = labelSelector === '' ? [] : labelSelector.split(',').map((pair) => pair.split('='));
  return pairs.every(([key = '', value]) => metadata.labels?.[key] === value);
}

function nameOf({ metadata: { namespace = '', name } }: ObjectContent): ObjectName {
  return { namespace, name };
}

function told({ namespace, name }: ObjectName): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** `networking.istio.io/Gateway`: a kind of the same name may be in another group. */
function typeOf({ group, kind }: ObjectKind): string {
  return `${group}/${kind}`;
}

function typeIn({ apiVersion, kind }: KubernetesObject): string {
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`;
}

function keyOf(type: string, name: ObjectName): string {
  return `${type}\n${told(name)}`;
}

function conflict(kind: string, name: ObjectName): AdapterError {
  return new AdapterError('conflict', `${kind} ${told(name)} is not what it was.`, { status: 409 });
}

/** A copy, without what the API server keeps. */
function fields(object: KubernetesObject): JsonObject {
  const { uid: _, resourceVersion: __, ...metadata } = object.metadata;
  return JSON.parse(JSON.stringify({ ...object, metadata })) as JsonObject;
}

function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merged(base: JsonObject, over: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    result[key] = isMap(below) && isMap(value) ? merged(below, value) : value;
  }
  return result;
}

/** Without the fields of `owned`; a map that becomes empty goes with them. */
function without(base: JsonObject, owned: JsonObject): JsonObject {
  const entries = Object.entries(base).flatMap(([key, value]): [string, Json][] => {
    const mine = owned[key];
    if (mine === undefined) return [[key, value]];
    if (!isMap(value) || !isMap(mine)) return [];
    const left = without(value, mine);
    return Object.keys(left).length === 0 ? [] : [[key, left]];
  });
  return Object.fromEntries(entries);
}

/** Does `applied` set a field that is there with another value? */
function clashes(rest: JsonObject, applied: JsonObject): boolean {
  return Object.entries(applied).some(([key, value]) => {
    const there = rest[key];
    if (there === undefined) return false;
    return isMap(there) && isMap(value) ? clashes(there, value) : canonical(there) !== canonical(value);
  });
}
