import { simulators } from '../../../adapters/index.ts';
import { kinds } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { defaultAuditDir } from '../../compose/choices.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { listPages } from '../../kube/client/list-pages.ts';
import { collectionPath, type ApiType } from '../../kube/client/paths.ts';
import { readManifests } from '../../kube/manifests/read-files.ts';
import type { Io } from '../io.ts';
import type { Candidate, Expected, Wanted } from './candidates.ts';

type Options = Expected['options'];

/** Names of what there is: in the files that the command line names, else in the cluster. @throws Error where neither can be read */
export async function namesOf(wanted: Wanted, expected: Expected, io: Io): Promise<readonly Candidate[]> {
  switch (wanted) {
    case 'points':
      return expected.command.startsWith('audit') ? recordedPoints(expected.options, io) : points(expected.options, io);
    case 'policies':
      return listed(await objects('EgressPolicy', expected.options, io));
    case 'pods':
      return pods(expected, io);
    case 'contexts':
      return (await import('../../kube/client/kubeconfig.ts'))
        .contextsIn(expected.options['kubeconfig']?.[0])
        .map(named);
    case 'terms':
      return (await import('../explain/explain.ts')).explainedTerms();
    case 'simulators':
      return Object.keys(simulators).map(named);
    case 'worlds':
      return [
        { word: 'cluster', about: 'what the cluster has' },
        { word: 'git:', about: 'a revision, git:REVISION[:PATH]' },
      ];
    case 'files':
    case 'nothing':
      return [];
  }
}

async function points(options: Options, io: Io): Promise<readonly Candidate[]> {
  const snapshot = await snapshotIn(options, io);
  if (snapshot === undefined) return listed(await objects('EnforcementPoint', options, io));
  return snapshot.enforcementPoints.map(({ metadata, spec }) => ({ word: metadata.name, about: spec.adapter }));
}

async function recordedPoints(options: Options, { environment }: Io): Promise<readonly Candidate[]> {
  const { FileAuditLines } = await import('../../audit/files/file-audit-lines.ts');
  const directory = options['auditDir']?.[0] ?? environment.auditDir ?? defaultAuditDir;
  return (await new FileAuditLines(directory).points()).map(named);
}

/** First a namespace, then what is in it: a cluster may have very many pods. */
async function pods({ options, typed }: Expected, io: Io): Promise<readonly Candidate[]> {
  const [namespace = '', name] = typed.split('/');
  const snapshot = await snapshotIn(options, io);
  if (name === undefined) {
    const found =
      snapshot?.namespaces ?? (await list({ apiVersion: 'v1', plural: 'namespaces' }, options, io)).map(nameIn);
    return found.map((one) => ({ word: `${one.name}/` }));
  }
  const found =
    snapshot?.pods.filter((pod) => pod.namespace === namespace) ??
    (await list({ apiVersion: 'v1', plural: 'pods' }, options, io, namespace)).map(nameIn);
  return found.map((pod) => ({ word: `${namespace}/${pod.name}` }));
}

/** Undefined: no file is named. */
async function snapshotIn(options: Options, { readStdin }: Io): Promise<Snapshot | undefined> {
  // Standard input is the terminal of the user.
  const named = (options['filename'] ?? options['manifests'] ?? []).filter((path) => path !== '-');
  return named.length === 0 ? undefined : (await readManifests(named, readStdin)).snapshot;
}

function objects(kind: 'EnforcementPoint' | 'EgressPolicy', options: Options, io: Io): Promise<readonly unknown[]> {
  return list({ apiVersion, plural: kinds[kind].plural }, options, io);
}

async function list(type: ApiType, options: Options, { signal }: Io, namespace?: string): Promise<readonly unknown[]> {
  const [kubeconfig, context] = [options['kubeconfig']?.[0], options['context']?.[0]];
  const cluster: ClusterOptions = { ...(kubeconfig && { kubeconfig }), ...(context && { context }) };
  return listPages(await openCluster(cluster), collectionPath(type, namespace), signal);
}

function listed(found: readonly unknown[]): readonly Candidate[] {
  return found.map(nameIn).map(({ namespace, name }) => named(namespace === undefined ? name : `${namespace}/${name}`));
}

function nameIn(object: unknown): { readonly namespace?: string; readonly name: string } {
  return (object as { readonly metadata: { readonly namespace?: string; readonly name: string } }).metadata;
}

function named(word: string): Candidate {
  return { word };
}
