import type { Problem } from '../../api/problem.ts';
import { readDocuments } from './documents.ts';
import { unreadableProblem } from './parse-file.ts';
import { objectsIn } from './read-object.ts';
import type { Source } from './positions.ts';
import { listFiles, readText, shown, type ReadStdin } from './read-files.ts';

/** An object of any kind, as it is written in a file. */
export interface RawObject {
  readonly source: Source;
  /** Which document of its file, from 1. */
  readonly document: number;
  readonly value: unknown;
}

/** Every object in files, directories and `-`, for importers of other kinds. */
export async function readAnyKind(
  paths: readonly string[],
  stdin: ReadStdin,
): Promise<{ readonly objects: readonly RawObject[]; readonly problems: readonly Problem[] }> {
  const { files, problems: missing } = await listFiles(paths);
  const problems: Problem[] = [...missing];
  const objects: RawObject[] = [];
  for (const file of files) {
    const text = await readText(file, stdin);
    if (typeof text !== 'string') {
      problems.push(text);
      continue;
    }
    const { documents, unreadable } = readDocuments(shown(file), text);
    for (const fault of unreadable) problems.push(unreadableProblem(fault));
    for (const [index, document] of documents.entries()) {
      const inside = objectsIn({ document, path: [] }, document.value);
      for (const { source, value } of inside) objects.push({ source, document: index + 1, value });
    }
  }
  return { objects, problems };
}
