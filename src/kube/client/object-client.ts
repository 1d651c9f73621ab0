import { z } from 'zod';
import { AdapterError, type ErrorClass } from '../../adapter/errors.ts';
import type {
  KubernetesObject,
  KubernetesObjects,
  ObjectKind,
  ObjectName,
  ObjectVerb,
} from '../../adapter/kubernetes-objects.ts';
import { serverSideApply } from './server-side-apply.ts';
import { asApiError, type ApiError } from '../api-error.ts';
import { collectionPath, objectPath, type ApiType } from './paths.ts';
import { missingPermissions } from './permissions.ts';
import type { ApiClient, ApiRequest } from './transport.ts';

const fieldManager = 'postern';
const pageSize = 500;

const objectSchema = z.looseObject({
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
});
const listSchema = z.looseObject({
  metadata: z.looseObject({ continue: z.string().exactOptional() }).exactOptional(),
  /** Without apiVersion and kind, which only the list states. */
  items: z.array(objectSchema.omit({ apiVersion: true, kind: true })),
});
const groupSchema = z.looseObject({ versions: z.array(z.looseObject({ version: z.string() })) });
const resourcesSchema = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });

/** The objects of a cluster through its API server, for enforcement points that consist of such objects. */
export class ObjectClient implements KubernetesObjects {
  readonly #api: ApiClient;
  /** Served versions found so far. A missing kind is looked up again, because it may have been installed since. */
  readonly #served = new Map<string, string>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async version({ group, plural, versions }: ObjectKind): Promise<string | undefined> {
    const key = `${plural}.${group}`;
    const known = this.#served.get(key);
    if (known !== undefined) return known;
    const served = group === '' ? ['v1'] : versionsOf(await orNone(this.#ask(groupSchema, { path: `/apis/${group}` })));
    for (const version of versions.filter((wanted) => served.includes(wanted))) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const { resources } = (await orNone(this.#ask(resourcesSchema, { path }))) ?? { resources: [] };
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
      const page = await this.#ask(listSchema, { path: collectionPath(type, namespace), query });
      found.push(...page.items.map((item) => ({ ...item, kind: kind.kind, apiVersion: type.apiVersion })));
      next = page.metadata?.continue;
    } while (next !== undefined && next !== '');
    return found;
  }

  async get(kind: ObjectKind, name: ObjectName): Promise<KubernetesObject | undefined> {
    const path = objectPath({ ...(await this.#typeOf(kind)), ...name });
    return orNone(this.#ask(objectSchema, { path }));
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
      return read(objectSchema, written, request);
    } catch (error) {
      throw refusedApply(explained(error, request), options.force);
    }
  }

  async replace(kind: ObjectKind, object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const { namespace, name } = object.metadata;
    const path = objectPath({ ...(await this.#typeOf(kind)), namespace, name });
    return this.#ask(objectSchema, { method: 'PUT', path, query: { fieldManager }, body: object, signal });
  }

  async remove(kind: ObjectKind, { uid, ...name }: ObjectName & { uid: string }, signal: AbortSignal): Promise<void> {
    const path = objectPath({ ...(await this.#typeOf(kind)), ...name });
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' };
    await orNone(this.#ask(z.unknown(), { method: 'DELETE', path, body, signal }));
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
      return read(schema, await this.#api.request(request), request);
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

/** Another object of the name is 409 from some API servers, 422 from others. Without force 409 means fields of another manager. */
function refusedApply(failure: unknown, force: boolean): unknown {
  if (!(failure instanceof AdapterError)) return failure;
  const { message, details, errorClass } = failure;
  if (details.status === 422 && message.includes('metadata.uid')) return new AdapterError('conflict', message, details);
  return errorClass === 'conflict' && !force ? new AdapterError('foreign-owned', message, details) : failure;
}

async function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AdapterError && error.errorClass === 'not-found') return undefined;
    throw error;
  }
}

function versionsOf(group: z.infer<typeof groupSchema> | undefined): readonly string[] {
  return group?.versions.map(({ version }) => version) ?? [];
}

function read<T>(schema: z.ZodType<T>, answer: unknown, { method = 'GET', path }: ApiRequest): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AdapterError('transient', `${method} ${path} had an unexpected answer.`, {
    request: `${method} ${path}`,
  });
}

const classes: Readonly<Record<number, ErrorClass>> = {
  400: 'invalid',
  401: 'auth',
  403: 'forbidden',
  404: 'not-found',
  405: 'unsupported',
  409: 'conflict',
  413: 'quota',
  415: 'unsupported',
  422: 'invalid',
  429: 'throttled',
  503: 'busy',
};

/**
 * Server-side apply answers 500 to what can never succeed: an unknown field, a value of another type, an item of a set
 * twice. Unlike a failure of the server, such an answer has no reason.
 */
function isRefusedApply({ status, reason, message }: ApiError): boolean {
  const words = /: failed to (?:create typed patch object|convert new object) \(/;
  return status === 500 && reason === 'HTTP 500' && words.test(message);
}

/** As an `AdapterError`; the reason of an aborted signal stays as it is. */
function explained(error: unknown, { method = 'GET', path, signal }: ApiRequest): unknown {
  if (error instanceof AdapterError || signal?.aborted === true) return error;
  const failure = asApiError(error);
  const { status, reason, message, retryAfterMs } = failure;
  const errorClass = isRefusedApply(failure) ? 'invalid' : (classes[status] ?? 'transient');
  return new AdapterError(errorClass, message, {
    code: reason,
    status,
    request: `${method} ${path}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === 0 && method !== 'GET' && { outcomeUnknown: true }),
  });
}
