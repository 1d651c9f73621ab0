import { z } from 'zod';
import { AdapterError } from '../../adapter/errors.ts';
import type {
  KubernetesObject,
  KubernetesObjects,
  ObjectKind,
  ObjectName,
  ObjectVerb,
} from '../../adapter/kubernetes-objects.ts';
import { lazily } from '../../core/model/lazily.ts';
import { serverSideApply } from './server-side-apply.ts';
import { aggregatedDiscovery, discoverySchema, kindsOf } from './discovery.ts';
import { explained, orNone, parsed, refusedApply } from './object-errors.ts';
import { collectionPath, objectPath, type ApiType } from '../client/paths.ts';
import { missingPermissions } from './permissions.ts';
import type { ApiClient, ApiRequest } from '../client/transport.ts';

const fieldManager = 'postern';
const pageSize = 500;

const objectSchema = lazily(() =>
  z.looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({
      name: z.string(),
      namespace: z.string().exactOptional(),
      uid: z.string().exactOptional(),
      resourceVersion: z.string().exactOptional(),
      labels: z.record(z.string(), z.string()).exactOptional(),
      annotations: z.record(z.string(), z.string()).exactOptional(),
    }),
  }),
);
const listSchema = lazily(() =>
  z.looseObject({
    metadata: z.looseObject({ continue: z.string().exactOptional() }).exactOptional(),
    /** Without apiVersion and kind, which only the list states. */
    items: z.array(objectSchema().omit({ apiVersion: true, kind: true })),
  }),
);
const tokenSchema = lazily(() => z.looseObject({ status: z.looseObject({ token: z.string().min(1) }) }));
const groupSchema = lazily(() => z.looseObject({ versions: z.array(z.looseObject({ version: z.string() })) }));
const resourcesSchema = lazily(() => z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) }));

/** The objects of a cluster through its API server, for enforcement points that consist of such objects. */
export class ObjectClient implements KubernetesObjects {
  readonly #api: ApiClient;
  /** Served versions found so far. A missing kind is looked up again, because it may have been installed since. */
  readonly #served = new Map<string, string>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async served(): Promise<readonly ObjectKind[]> {
    const { items } = await this.#ask(discoverySchema, { path: '/apis', accept: aggregatedDiscovery });
    return items.flatMap(kindsOf);
  }

  async version({ group, plural, versions }: ObjectKind): Promise<string | undefined> {
    const key = `${plural}.${group}`;
    const known = this.#served.get(key);
    if (known !== undefined) return known;
    const served =
      group === '' ? ['v1'] : versionsOf(await orNone(this.#ask(groupSchema(), { path: `/apis/${group}` })));
    for (const version of versions.filter((wanted) => served.includes(wanted))) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const { resources } = (await orNone(this.#ask(resourcesSchema(), { path }))) ?? { resources: [] };
      if (!resources.some(({ name }) => name === plural)) continue;
      this.#served.set(key, version);
      return version;
    }
    return undefined;
  }

  async list(
    kind: ObjectKind,
    { labelSelector, namespace = '' }: { labelSelector?: string; namespace?: string } = {},
  ): Promise<readonly KubernetesObject[]> {
    const type = await this.#typeOf(kind);
    const found: KubernetesObject[] = [];
    let next: string | undefined;
    do {
      const query = { limit: pageSize, labelSelector, continue: next };
      const page = await this.#ask(listSchema(), { path: collectionPath(type, namespace), query });
      for (const item of page.items) found.push({ ...item, kind: kind.kind, apiVersion: type.apiVersion });
      next = page.metadata?.continue;
    } while (next !== undefined && next !== '');
    return found;
  }

  async get(kind: ObjectKind, name: ObjectName): Promise<KubernetesObject | undefined> {
    const path = objectPath({ ...(await this.#typeOf(kind)), ...name });
    return orNone(this.#ask(objectSchema(), { path }));
  }

  async apply(
    kind: ObjectKind,
    object: KubernetesObject,
    options: { readonly force: boolean; readonly signal: AbortSignal },
  ): Promise<KubernetesObject> {
    const request = {
      method: 'PATCH',
      path: collectionPath(await this.#typeOf(kind)),
      signal: options.signal,
    } as const;
    try {
      const written = await serverSideApply(this.#api, kind.plural, object, { fieldManager, ...options });
      return parsed(objectSchema(), written, request);
    } catch (error) {
      throw refusedApply(explained(error, request), options.force);
    }
  }

  async replace(kind: ObjectKind, object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const { namespace, name } = object.metadata;
    const path = objectPath({ ...(await this.#typeOf(kind)), namespace, name });
    return this.#ask(objectSchema(), { method: 'PUT', path, query: { fieldManager }, body: object, signal });
  }

  async remove(kind: ObjectKind, { uid, ...name }: ObjectName & { uid: string }, signal: AbortSignal): Promise<void> {
    const path = objectPath({ ...(await this.#typeOf(kind)), ...name });
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' };
    await orNone(this.#ask(z.unknown(), { method: 'DELETE', path, body, signal }));
  }

  async token({ namespace, name }: ObjectName, audience: string): Promise<string> {
    const account = objectPath({ apiVersion: 'v1', plural: 'serviceaccounts', namespace, name });
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [audience], expirationSeconds: 600 },
    };
    const { status } = await this.#ask(tokenSchema(), { method: 'POST', path: `${account}/token`, body });
    return status.token;
  }

  async missing({ group, plural }: ObjectKind, verbs: readonly ObjectVerb[]): Promise<readonly ObjectVerb[]> {
    try {
      const lacking = await missingPermissions(
        this.#api,
        verbs.map((verb) => ({ group, resource: plural, verb })),
      );
      return verbs.filter((verb) => lacking.some((permission) => permission.verb === verb));
    } catch (error) {
      throw explained(error, { method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' });
    }
  }

  async #ask<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T> {
    try {
      return parsed(schema, await this.#api.request(request), request);
    } catch (error) {
      throw explained(error, request);
    }
  }

  async #typeOf(kind: ObjectKind): Promise<ApiType> {
    const { group, plural } = kind;
    const version = await this.version(kind);
    if (version === undefined) {
      throw new AdapterError('unsupported', `The API server does not serve ${plural}${group && `.${group}`}.`);
    }
    return { plural, apiVersion: group === '' ? version : `${group}/${version}` };
  }
}

function versionsOf(group: z.infer<ReturnType<typeof groupSchema>> | undefined): readonly string[] {
  return group?.versions.map(({ version }) => version) ?? [];
}
