import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion, groupName } from '../../api/meta.ts';
import { asApiError } from '../../kube/api-error.ts';
import { listPages } from '../../kube/client/list-pages.ts';
import { collectionPath, objectPath } from '../../kube/client/paths.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { scrub, scrubText } from '../../log/scrub.ts';
import type { Io } from '../io.ts';

/** Of the log of one container. */
const lastLines = 500;
const mostBytes = 512 * 1024;

/** What a bundle has beside versions, each as it is read; each may fail on its own. */
export function partsOf(
  api: ApiClient,
  { environment: { namespace }, signal }: Io,
): Readonly<Record<string, () => Promise<unknown>>> {
  const list = (path: string): Promise<readonly unknown[]> => listPages(api, path, signal);
  const own = (group: string, plural: string): string => collectionPath({ apiVersion: group, plural }, namespace);
  return {
    kubernetes: () => api.request({ path: '/version', signal }),
    sizes: () => sizesOf(api, signal),
    customResources: () => customResourcesOf(api, signal),
    objects: async () => {
      const names = Object.keys(kinds) as Kind[];
      const lists = names.map(async (kind) => {
        const all = await list(collectionPath({ apiVersion, plural: kinds[kind].plural }));
        return all.map((object) => ({ kind, ...record(objectText(object)) }));
      });
      return (await Promise.all(lists)).flat();
    },
    events: async () => {
      const all = await list(collectionPath({ apiVersion: 'events.k8s.io/v1', plural: 'events' }));
      return all.filter(isOfOurs).map(objectText);
    },
    deployments: async () => (await list(own('apps/v1', 'deployments'))).map((one) => objectText(withoutValues(one))),
    settings: async () => (await list(own('v1', 'configmaps'))).filter(isSettings).map(settingsText),
    pods: async () => (await list(own('v1', 'pods'))).filter(isPostern).map(podText),
    logs: async () => logsOf(api, (await list(own('v1', 'pods'))).filter(isPostern), signal),
    leases: async () => (await list(own('coordination.k8s.io/v1', 'leases'))).map(objectText),
  };
}

/** A variable whose name says nothing may hold a credential as well: only the names are kept, and where values come from. */
function withoutValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutValues);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => [
      name,
      name === 'env' && Array.isArray(inner)
        ? inner.map(({ value: _, ...rest }: Record<string, unknown>) => rest)
        : withoutValues(inner),
    ]),
  );
}

export function notRead(error: unknown): unknown {
  return { notRead: asApiError(error).message };
}

function isOfOurs(event: unknown): boolean {
  const group = apiVersion.slice(0, apiVersion.indexOf('/') + 1);
  return field(field(event, 'regarding'), 'apiVersion')?.toString().startsWith(group) ?? false;
}

/** Without what is long and says nothing, and without credentials. The options of a device are shown as far as they are none. */
function objectText(object: unknown): unknown {
  const { managedFields: _, annotations, ...metadata } = record(field(object, 'metadata'));
  const shown = Object.entries(record(annotations)).filter(
    ([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  const config = field(field(object, 'spec'), 'config');
  const clean = record(scrub({ ...record(object), metadata: { ...metadata, annotations: Object.fromEntries(shown) } }));
  return config === undefined ? clean : { ...clean, spec: { ...record(clean['spec']), config: scrub(config) } };
}

function field(value: unknown, name: string): unknown {
  return record(value)[name];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** How large the cluster is, without reading it: the server says how many more there are than the one that is asked for. */
async function sizesOf(api: ApiClient, signal: AbortSignal): Promise<unknown> {
  const counted = ['namespaces', 'nodes', 'pods'].map(async (plural) => {
    const path = collectionPath({ apiVersion: 'v1', plural });
    const page = await api.request({ path, query: { limit: 1 }, signal }).catch(notRead);
    const items = field(page, 'items');
    const more = Number(field(field(page, 'metadata'), 'remainingItemCount') ?? 0);
    return [plural, Array.isArray(items) ? items.length + more : page] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

/** Which versions of our kinds the cluster has, and whether it serves them. */
async function customResourcesOf(api: ApiClient, signal: AbortSignal): Promise<unknown> {
  const type = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' };
  const read = Object.values(kinds).map(async ({ plural }) => {
    const name = `${plural}.${groupName}`;
    const crd = await api.request({ path: objectPath({ ...type, name }), signal }).catch(notRead);
    const { storedVersions, conditions } = record(field(crd, 'status'));
    return field(crd, 'notRead') === undefined ? { name, storedVersions, conditions } : { name, ...record(crd) };
  });
  return Promise.all(read);
}

function isPostern(object: unknown): boolean {
  return field(field(field(object, 'metadata'), 'labels'), 'app.kubernetes.io/name') === 'postern';
}

/** As the installation names them; they have no labels. */
function isSettings(configMap: unknown): boolean {
  return /^postern(-|$)/.test(nameOf(configMap));
}

function nameOf(object: unknown): string {
  return String(field(field(object, 'metadata'), 'name'));
}

function settingsText(configMap: unknown): unknown {
  return { name: nameOf(configMap), values: scrub(record(field(configMap, 'data'))) };
}

/** How it is doing; what it was told to run is told by its Deployment. */
function podText(pod: unknown): unknown {
  const { phase, reason, message, conditions, containerStatuses } = record(field(pod, 'status'));
  const node = field(field(pod, 'spec'), 'nodeName');
  return scrub({ name: nameOf(pod), node, phase, reason, message, conditions, containerStatuses });
}

/** The last lines of each container, and of the one before where it was started again. */
async function logsOf(api: ApiClient, pods: readonly unknown[], signal: AbortSignal): Promise<unknown> {
  const containers = pods.flatMap((pod) => {
    const statuses = field(field(pod, 'status'), 'containerStatuses');
    return (Array.isArray(statuses) ? statuses : []).flatMap((status: unknown) => {
      const restarted = Number(field(status, 'restartCount') ?? 0) > 0;
      return (restarted ? [false, true] : [false]).map((previous) => ({ pod, container: nameIn(status), previous }));
    });
  });
  return Promise.all(
    containers.map(async ({ pod, container, previous }) => {
      const namespace = String(field(field(pod, 'metadata'), 'namespace'));
      const path = `${objectPath({ apiVersion: 'v1', plural: 'pods', namespace, name: nameOf(pod) })}/log`;
      const query = { container, previous, tailLines: lastLines, limitBytes: mostBytes };
      const text = await api.bytes({ path, query, accept: '*/*', signal }).catch(notRead);
      const logs = Buffer.isBuffer(text) ? { lines: linesIn(text) } : record(text);
      return { pod: nameOf(pod), container, ...(previous && { previous }), ...logs };
    }),
  );
}

function nameIn(status: unknown): string {
  return String(field(status, 'name'));
}

function linesIn(text: Buffer): readonly string[] {
  const lines = text.toString().split('\n');
  return lines.filter((line) => line !== '').map(scrubText);
}
