import { basename } from 'node:path';
import { z } from 'zod';
import { isOurs } from '../../api/parse.ts';
import type { FileCode } from '../../api/problem-codes.ts';
import type { Problem } from '../../api/problem.ts';
import { readDocuments } from './documents.ts';
import { objectsIn, readObject, type FoundProblem, type ManifestObject } from './read-object.ts';
import { decidesEgress } from './egress-kinds.ts';
import { readForeign, type ForeignObject } from './read-foreign.ts';
import { ownersEntry, type Owners } from './owners.ts';
import { Positions } from './positions.ts';

/** The content of one manifest file. */
export interface ManifestFile {
  readonly file: string;
  /** How many documents could be read, whatever is in them. */
  readonly documents: number;
  readonly objects: readonly ManifestObject[];
  /** Objects of other kinds that decide egress too, as they are written: those of a mesh, network policies. */
  readonly foreignObjects: readonly ForeignObject[];
  /** The controllers of objects of every kind. */
  readonly owners: Owners;
  readonly problems: readonly Problem[];
  readonly unread: Unread;
}

/** Documents of a file that cannot be read. */
export interface Unread {
  /** EgressPolicies, as `namespace/name`. */
  readonly policies: readonly string[];
  /** Another kind of Postern's, or unknown. */
  readonly other: boolean;
}

export const nothingUnread: Unread = { policies: [], other: false };

/**
 * Reads the text of a file. Objects that are valid count; the others become problems that name their line.
 *
 * @param found in a directory, so that values of Helm or settings of other tools are skipped instead of refused
 */
export async function parseFile(file: string, text: string, found = false): Promise<ManifestFile> {
  const { documents, unreadable } = readDocuments(file, text);
  if (
    found &&
    unreadable.length === 0 &&
    documents.length > 0 &&
    !documents.some(({ value }) => resemblesObject(value))
  ) {
    const reason = /^kustomization\.ya?ml$/.test(basename(file))
      ? 'Postern does not build kustomizations; give the output of `kubectl kustomize`'
      : 'it has no Kubernetes object';
    return { ...emptyFile(file), problems: [skipped(file, reason)] };
  }
  const objects: ManifestObject[] = [];
  const foreignObjects: ForeignObject[] = [];
  const owners: ReturnType<typeof ownersEntry>[] = [];
  const faults: (readonly FoundProblem[])[] = [];
  const policies: string[] = [];
  let other = unreadable.length > 0;
  for (const document of documents) {
    for (const { source, value } of objectsIn({ document, path: [] }, document.value)) {
      owners.push(ownersEntry(value));
      const read = readObject(source, value);
      if (decidesEgress(value)) {
        const foreign = readForeign(source, value, read !== undefined);
        if ('problems' in foreign) faults.push(foreign.problems);
        else foreignObjects.push(foreign);
      }
      if (read === undefined) continue;
      if ('object' in read) objects.push(read.object);
      else {
        faults.push(read.problems);
        const policy = policyKeyOf(value);
        if (policy !== undefined) policies.push(policy);
        else other ||= isOurs(value);
      }
    }
  }
  const positions = new Positions();
  const placed = await Promise.all(faults.flat().map((problem) => withPosition(problem, positions)));
  const problems = [...unreadable.map(unreadableProblem), ...placed];
  const owned = new Map(owners.filter((entry) => entry !== undefined));
  const unread = { policies, other };
  return { file, documents: documents.length, objects, foreignObjects, owners: owned, problems, unread };
}

/** `namespace/name` of an EgressPolicy that says at least which it is. */
function policyKeyOf(value: unknown): string | undefined {
  const named = z.object({ metadata: z.object({ namespace: z.string().min(1), name: z.string().min(1) }) });
  const read = named.extend({ kind: z.literal('EgressPolicy') }).safeParse(value);
  return isOurs(value) && read.success ? `${read.data.metadata.namespace}/${read.data.metadata.name}` : undefined;
}

export function emptyFile(file: string): ManifestFile {
  return {
    file,
    documents: 0,
    objects: [],
    foreignObjects: [],
    owners: new Map(),
    problems: [],
    unread: nothingUnread,
  };
}

/** Whether this is probably an object, perhaps an incomplete one. */
function resemblesObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.some(resemblesObject);
  if ('apiVersion' in value && String(value.apiVersion).startsWith('kustomize.config.k8s.io/')) return false;
  return 'kind' in value || 'metadata' in value || ('apiVersion' in value && 'spec' in value);
}

export function skipped(path: string, reason: string): Problem {
  return { ...fileProblem(path, 'skipped-file', `it is skipped: ${reason}`), severity: 'warning' };
}

export function fileProblem(file: string, code: FileCode, message: string): Problem {
  return { severity: 'error', subject: file, field: '', code, message };
}

export function unreadableProblem({ file, line, message }: { file: string; line: number; message: string }): Problem {
  return fileProblem(`${file}:${line}`, 'invalid-yaml', `this is not valid YAML or JSON: ${message}`);
}

async function withPosition({ problem, source }: FoundProblem, positions: Positions): Promise<Problem> {
  const where = await positions.of(source, problem.field);
  if (problem.subject === '') return { ...problem, subject: where };
  return { ...problem, message: `${problem.message} (${where})` };
}
