import { toChanges } from '../../core/compile/changes.ts';
import { canonical } from '../../core/model/json.ts';
import type { Problem } from '../../api/problem.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { assemble } from './assemble.ts';
import { emptyFile, fileProblem, parseFile, type ManifestFile, type Unread } from './parse-file.ts';
import { listFiles, readText } from './read-files.ts';
import type { Secret } from '../kinds/secret.ts';

/** What changed in a directory since the scan before. */
export interface Scan {
  /** Only objects whose content differs. */
  readonly changes: readonly ObjectChange[];
  /** False: what was there at the start cannot be read, and what it says is not known. */
  readonly complete: boolean;
  /** Everything that is wrong now, changed or not. */
  readonly problems: readonly Problem[];
  readonly secrets: readonly Secret[];
}

interface KnownFile extends ManifestFile {
  /** As last read; undefined when it could not be read. */
  readonly text: string | undefined;
}

interface KnownObject {
  readonly change: ObjectChange;
  readonly text: string;
}

/**
 * A directory that is scanned again and again. A file that cannot be read any more keeps the objects it had, as an API server
 * keeps an object when it refuses an edit; a file that was deleted removes its objects.
 */
export class ManifestDirectory {
  readonly #directory: string;
  #files: ReadonlyMap<string, KnownFile> = new Map();
  #objects: ReadonlyMap<string, KnownObject> = new Map();
  /** Has it been read once? What cannot be read then may have been in force. */
  #begun = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async scan(): Promise<Scan> {
    const { files, found, problems } = await listFiles([this.#directory]);
    const listed = !problems.some(({ severity }) => severity === 'error');
    if (listed) this.#files = await this.#readAll(files, found);
    this.#begun ||= listed;
    const read = [...this.#files.values()];
    const cluster = await assemble(read);
    const unread = read.flatMap((file) => file.unread.policies);
    return {
      changes: this.#take([...unread.map(unreadablePolicy), ...toChanges(cluster.snapshot)]),
      complete: this.#begun && !read.some((file) => file.unread.other),
      problems: [...problems, ...cluster.problems],
      secrets: cluster.secrets,
    };
  }

  async #readAll(files: readonly string[], found: ReadonlySet<string>): Promise<ReadonlyMap<string, KnownFile>> {
    const read = new Map<string, KnownFile>();
    for (const file of files) read.set(file, await this.#read(file, found.has(file)));
    return read;
  }

  async #read(file: string, found: boolean): Promise<KnownFile> {
    const before = this.#files.get(file);
    const text = await readText(file, () => Promise.resolve(new Uint8Array()));
    const had = before ?? emptyFile(file);
    if (typeof text !== 'string') return { ...had, problems: [text], text: undefined, ...this.#unreadAs(had, unknown) };
    if (before?.text === text) return before;
    if (text.trim() === '' && had.objects.length > 0) {
      const message = 'it is empty, so its objects stay as they were; delete the file to delete them';
      return { ...had, problems: [fileProblem(file, 'empty-file', message)], text };
    }
    const parsed = await parseFile(file, text, found);
    const broken = parsed.problems.some(({ severity }) => severity === 'error');
    if (!broken) return { ...parsed, text };
    if (before !== undefined) return { ...had, problems: parsed.problems, text };
    return { ...parsed, text, ...this.#unreadAs(had, parsed.unread) };
  }

  /** What comes later and cannot be read was never in force. */
  #unreadAs({ unread: before }: ManifestFile, unread: Unread): Pick<ManifestFile, 'unread'> {
    return { unread: this.#begun ? before : unread };
  }

  #take(now: readonly ObjectChange[]): readonly ObjectChange[] {
    const before = this.#objects;
    const after = new Map<string, KnownObject>();
    for (const change of now) {
      after.set(`${change.kind}/${change.key}`, { change, text: canonical(change.object ?? null) });
    }
    this.#objects = after;
    const gone = [...before]
      .filter(([id]) => !after.has(id))
      .map(
        ([
          ,
          {
            change: { kind, key },
          },
        ]) => ({ kind, key, object: undefined }),
      );
    const changed = [...after]
      .filter(([id, { text }]) => before.get(id)?.text !== text)
      .map(([, { change }]) => change);
    return [...gone, ...changed];
  }
}

const unknown: Unread = { policies: [], other: true };

function unreadablePolicy(key: string): ObjectChange {
  return { kind: 'EgressPolicy', key, object: undefined, unreadable: true };
}
