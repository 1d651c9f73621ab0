import type { Problem } from '../../core/model/problem.ts';
import { readDocuments } from './documents.ts';
import { objectsIn, readObject, type FoundProblem, type ManifestObject } from './read-object.ts';
import { decidesEgress } from './egress-kinds.ts';
import { Positions } from './positions.ts';

/** The content of one manifest file. */
export interface ManifestFile {
  readonly file: string;
  readonly objects: readonly ManifestObject[];
  /** Objects of other kinds that decide egress too, as they are written: those of a mesh, network policies. */
  readonly foreignObjects: readonly unknown[];
  readonly problems: readonly Problem[];
}

/** Reads the text of a file. Objects that are valid count; the others become problems that name their line. */
export async function parseFile(file: string, text: string): Promise<ManifestFile> {
  const { documents, unreadable } = readDocuments(file, text);
  const objects: ManifestObject[] = [];
  const foreignObjects: unknown[] = [];
  const found: FoundProblem[] = [];
  for (const document of documents) {
    for (const { source, value } of objectsIn({ document, path: [] }, document.value)) {
      if (decidesEgress(value)) foreignObjects.push(value);
      const read = readObject(source, value);
      if (read === undefined) continue;
      if ('object' in read) objects.push(read.object);
      else found.push(...read.problems);
    }
  }
  const positions = new Positions();
  const placed = await Promise.all(found.map((problem) => withPosition(problem, positions)));
  return { file, objects, foreignObjects, problems: [...unreadable.map(unreadableProblem), ...placed] };
}

export function fileProblem(file: string, code: string, message: string): Problem {
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
