import { writeFile } from 'node:fs/promises';
import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { version } from '../../compose/version.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { asApiError } from '../../kube/api-error.ts';
import { listPages } from '../../kube/client/list-pages.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { collectionPath } from '../../kube/client/paths.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { scrub } from '../../log/scrub.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';

export interface SupportOptions extends ClusterOptions {
  /** `-`: standard output. */
  readonly output: string;
}

/**
 * Writes one file of JSON for whoever is asked for help: versions, our objects with their statuses and events, and how
 * Postern is deployed. Secrets are not read; what looks like a credential is taken out of everything else. A part that
 * cannot be read is told in its place.
 */
export async function supportBundle(options: SupportOptions, io: Io): Promise<ExitCode> {
  const api = await openCluster(options);
  const parts = await Promise.all(
    Object.entries(partsOf(api, io)).map(async ([name, read]) => [name, await read().catch(notRead)] as const),
  );
  const { platform, arch, versions } = process;
  const postern = { version, node: versions.node, platform, arch };
  const bundle = { collected: new Date(io.clock.now()).toISOString(), postern, ...Object.fromEntries(parts) };
  const text = `${JSON.stringify(bundle, null, 2)}\n`;
  if (options.output === '-') io.out.write(text);
  else {
    await writeNew(options.output, text);
    io.out.write(`Written to ${options.output}: ${parts.map(([name]) => name).join(', ')}.\n`);
    io.out.write(
      'No Secret was read, and what looks like a credential was taken out. It names workloads, addresses and destinations: read it before you send it.\n',
    );
  }
  return exitCodes.ok;
}

function partsOf(
  api: ApiClient,
  { environment: { namespace }, signal }: Io,
): Readonly<Record<string, () => Promise<unknown>>> {
  const list = (path: string): Promise<readonly unknown[]> => listPages(api, path, signal);
  const own = (group: string, plural: string): string => collectionPath({ apiVersion: group, plural }, namespace);
  return {
    kubernetes: () => api.request({ path: '/version', signal }),
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

function notRead(error: unknown): unknown {
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

/** For its owner alone, and never over a file that is there. */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`${file} is there already; name another file with -o`);
    throw error;
  });
}
