import type { AdapterDeps, Batch, Clock, Live, Observed, Outcome, Session } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import { canonical } from '../../src/core/model/json.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { keyOf, type Resource, type ResourceKey } from '../../src/core/model/resource.ts';
import {
  resourceKind,
  type KubernetesObject,
  type KubernetesObjects,
  type ObjectKind,
  type ObjectName,
} from '../../src/adapter/kubernetes-objects.ts';
import type { ObjectLayer } from './object-layer.ts';
import { isOwned, ownEntries, ownerSelector, type Ownership } from './ownership.ts';
import { wholeObject } from './whole.ts';
import { writtenAt } from './written-at.ts';

interface Deps<R extends Resource> extends Ownership {
  readonly objects: KubernetesObjects;
  readonly layer: ObjectLayer<R>;
  readonly clock: Clock;
}

/** An object of ours as it was read or written last. */
interface Known<R extends Resource> {
  readonly resource: R;
  readonly uid: string;
  readonly writtenAt: number;
}

/** @throws AdapterError `unsupported` where there is no cluster to write to */
export function connectObjects<R extends Resource>(layer: ObjectLayer<R>, deps: AdapterDeps): ObjectSession<R> {
  const { kubernetes: objects, owner, point, clock } = deps;
  if (objects !== undefined) return new ObjectSession({ objects, layer, owner, point, clock });
  const message =
    'This point consists of objects in a cluster, and none is connected: run against a cluster, or use `postern render --format yaml`.';
  throw new AdapterError('unsupported', message);
}

/** Objects written at once; the API server's own limits on a client are above this. */
const width = 8;

/** The connection of a point that consists of Kubernetes objects. Resource names are `namespace/name`, or `name` at cluster scope. */
export class ObjectSession<R extends Resource> implements Session<R> {
  readonly #deps: Deps<R>;
  readonly #kinds: ReadonlyMap<string, ObjectKind>;
  #known = new Map<string, Known<R>>();
  #removedAt = 0;

  constructor(deps: Deps<R>) {
    this.#deps = deps;
    this.#kinds = new Map(deps.layer.kinds.map((kind) => [resourceKind(kind), kind]));
  }

  async probe(): Promise<Capabilities> {
    return this.#deps.layer.probe(this.#deps.objects);
  }

  async observe(): Promise<Observed<R>> {
    const { objects, layer } = this.#deps;
    const lists = await Promise.all([...this.#kinds.values()].map((kind) => this.#ours(kind)));
    const known = lists.flat();
    this.#known = new Map(known.map((item) => [keyOf(item.resource), item]));
    const resources = known.map(({ resource }) => resource);
    return { complete: true, resources, foreign: (await layer.foreignCollisions?.(objects, resources)) ?? [] };
  }

  /** The changes of a batch do not need each other, so they are made side by side. */
  async send({ changes }: Batch<R>, signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let at = 0; at < changes.length; at += width) {
      const slice = changes.slice(at, at + width);
      const made = await Promise.all(slice.map((change) => this.#outcome(change, signal)));
      for (const outcome of made) outcomes.push(outcome);
    }
    return outcomes;
  }

  /** Nothing is ever left pending. */
  poll(): Promise<readonly Outcome[]> {
    return Promise.resolve([]);
  }

  live(): Promise<Live> {
    const unknown: Live = {
      state: 'unknown',
      evidence: 'the objects were read back; the component that applies them does not report it',
    };
    const written = { objects: [...this.#known.values()], removedAt: this.#removedAt };
    return this.#deps.layer.live?.(this.#deps.objects, written) ?? Promise.resolve(unknown);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ours(kind: ObjectKind): Promise<Known<R>[]> {
    if ((await this.#deps.objects.version(kind)) === undefined) return [];
    const found = await this.#deps.objects.list(kind, { labelSelector: ownerSelector(this.#deps) });
    return found.filter((object) => isOwned(object, this.#deps)).map((object) => this.#read(object));
  }

  #read(object: KubernetesObject): Known<R> {
    const { name, namespace, uid = '', labels, annotations } = object.metadata;
    const metadata = {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: ownEntries(labels, this.#deps.layer.labels),
      annotations: ownEntries(annotations, this.#deps.layer.annotations),
    };
    return { uid, resource: this.#deps.layer.toResource({ ...object, metadata }), writtenAt: writtenAt(object) };
  }

  async #outcome(change: Change<R>, signal: AbortSignal): Promise<Outcome> {
    const { key } = change;
    try {
      await this.#carryOut(change, signal);
      return { key, result: 'done' };
    } catch (error) {
      if (error instanceof AdapterError) return { key, result: 'error', error };
      throw error;
    }
  }

  async #carryOut(change: Change<R>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const known = this.#known.get(keyOf(change.key));
    switch (change.op) {
      case 'create':
        return this.#create(change.after, signal);
      case 'update':
        return this.#write({ ...change.after, ...membersOf(known?.resource ?? change.before) }, known, signal);
      case 'members': {
        const base = known?.resource ?? change.before;
        if (base === undefined) throw goneMeanwhile(change.key);
        const left = (base.members ?? []).filter((member) => !change.remove.includes(member));
        return this.#write({ ...base, members: [...new Set([...left, ...change.add])].sort() }, known, signal);
      }
      case 'delete':
        await this.#delete(change.key, known, signal);
        return;
      case 'move':
        throw new AdapterError('unsupported', `${change.key.kind} objects have no order.`);
    }
  }

  /** Never takes over what is there under that name already. */
  async #create(resource: R, signal: AbortSignal): Promise<void> {
    const kind = this.#kind(resource);
    const found = await this.#deps.objects.get(kind, nameOf(resource));
    if (found !== undefined && !isOwned(found, this.#deps)) throw foreignOwned(resource, found);
    await this.#write(resource, found && this.#read(found), signal);
  }

  /** What others have set on an object of ours cannot be unset by apply; then it is replaced as a whole. */
  async #write(resource: R, known: Known<R> | undefined, signal: AbortSignal): Promise<void> {
    const kind = this.#kind(resource);
    const object = await this.#object(resource, kind);
    const metadata = known === undefined ? object.metadata : { ...object.metadata, uid: known.uid };
    let written = await this.#deps.objects.apply(kind, { ...object, metadata }, { force: known !== undefined, signal });
    let read = this.#read(written);
    if (!sameContent(read.resource, resource)) {
      const { uid = '', resourceVersion = '' } = written.metadata;
      const whole = { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
      written = await this.#deps.objects.replace(kind, whole, signal);
      read = this.#read(written);
    }
    this.#known.set(keyOf(resource), read);
  }

  async #delete(key: ResourceKey, known: Known<R> | undefined, signal: AbortSignal): Promise<void> {
    if (known === undefined) throw goneMeanwhile(key);
    await this.#deps.objects.remove(this.#kind(key), { ...nameOf(key), uid: known.uid }, signal);
    this.#known.delete(keyOf(key));
    this.#removedAt = this.#deps.clock.now();
  }

  async #object(resource: R, kind: ObjectKind): Promise<KubernetesObject> {
    const version = await this.#deps.objects.version(kind);
    if (version === undefined) {
      const message = `The API server does not serve ${kind.kind} (${kind.group}); install it, or take it out of spec.config.`;
      throw new AdapterError('unsupported', message);
    }
    return wholeObject(this.#deps.layer.toObject(resource), kind, version, this.#deps);
  }

  #kind({ kind }: ResourceKey): ObjectKind {
    const known = this.#kinds.get(kind);
    if (known === undefined) throw new AdapterError('unsupported', `${kind} is none of the kinds of this point.`);
    return known;
  }
}

/** `namespace/name`, or `name`. */
export function nameOf({ name }: ResourceKey): ObjectName {
  const slash = name.indexOf('/');
  return { namespace: slash < 0 ? '' : name.slice(0, slash), name: name.slice(slash + 1) };
}

function membersOf({ members }: Resource): Pick<Resource, 'members'> {
  return members === undefined ? {} : { members };
}

function sameContent(a: Resource, b: Resource): boolean {
  return canonical([a.spec, a.members ?? []]) === canonical([b.spec, b.members ?? []]);
}

function goneMeanwhile({ kind, name }: ResourceKey): AdapterError {
  return new AdapterError('not-found', `${kind} ${name} was not there when it was to be changed.`);
}

function foreignOwned({ kind, name }: ResourceKey, { metadata }: KubernetesObject): AdapterError {
  const manager = metadata.labels?.['app.kubernetes.io/managed-by'];
  const whose = manager ?? 'another manager';
  const message = `${kind} ${name} exists already and belongs to ${whose}; Postern does not change it. Rename or delete it.`;
  return new AdapterError('foreign-owned', message);
}
