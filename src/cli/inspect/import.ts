import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { makeFolder } from '../../files/make-folder.ts';
import type { Finding, Written } from '../../import/importer.ts';
import { importers } from '../../import/importers.ts';
import { readAnyKind, type RawObject } from '../../kube/manifests/read-any-kind.ts';
import { Positions } from '../../kube/manifests/positions.ts';
import { writeData } from '../data.ts';
import { exitFor, painter, writeProblems, type ExitCode, type Io } from '../io.ts';
import { UsageError } from '../../core/model/usage-error.ts';

export interface ImportOptions {
  readonly filename: readonly string[];
  /** Where CES runs. */
  readonly cesNamespace: string;
  readonly point: string;
  readonly deeperNames?: true;
  readonly outputDir?: string;
  readonly output: 'yaml' | 'json';
}

/** A line of the report, and where what it is about stands. */
interface Placed extends Omit<Finding, 'input'> {
  /** As it was named with `-f`, or `stdin`; absent for what is about everything. */
  readonly file?: string;
  /** Of the file, from 1. */
  readonly document?: number;
  readonly line?: number;
}

/** Another product's policy objects as ours: objects on standard output, the report on the error stream. */
export async function importFrom(from: string, options: ImportOptions, io: Io): Promise<ExitCode> {
  const load = Object.hasOwn(importers, from) ? importers[from] : undefined;
  if (load === undefined)
    throw new UsageError(`nothing can be imported from "${from}"; there is: ${Object.keys(importers).join(', ')}`);
  const { objects: found, problems } = await readAnyKind(options.filename, io.readStdin);
  const values = found.map(({ value }) => value);
  const { objects, report } = (await load())(values, {
    home: options.cesNamespace,
    point: options.point,
    deeperNames: options.deeperNames === true,
  });
  const places = new Positions();
  const placed = await Promise.all(report.map((finding) => place(finding, found, places)));
  const files = options.outputDir === undefined ? undefined : await writeFiles(objects, options.outputDir);
  if (options.output === 'json') {
    writeData({ objects, report: placed, problems }, 'json', io);
    return exitFor([...problems, ...placed]);
  }
  writeProblems(problems, io);
  io.err.write(reportText(placed, io));
  io.out.write(files === undefined ? yamlOf(objects) : `${files.join('\n')}\n`);
  return exitFor([...problems, ...placed]);
}

async function place({ input, ...finding }: Finding, found: readonly RawObject[], places: Positions): Promise<Placed> {
  const object = input === undefined ? undefined : found[input];
  if (object === undefined) return finding;
  const { source, document } = object;
  const line = Number((await places.of(source, finding.field)).split(':').at(-1));
  return { ...finding, file: source.document.file, document, line };
}

const meanings = { carried: 'good', changed: 'warn', lost: 'bad', unsafe: 'warn' } as const;

/** What could not be carried over and what changes, line by line; of what was simply carried over, only how much. */
export function reportText(report: readonly Placed[], io: Io): string {
  const paint = painter(io.err, io.environment);
  const lines = report
    .filter(({ effect }) => effect !== 'carried')
    .map(({ effect, subject, field, message, code, ...where }) => {
      const about = [subject, field].filter((part) => part !== '').join(' ');
      const label = paint(effect.padEnd(7), meanings[effect]);
      return `${label} ${whereOf(where)}${about}: ${message} ${paint(`[${code}]`, 'dim')}`;
    });
  const count = (effect: Finding['effect']): number => report.filter((line) => line.effect === effect).length;
  const summary = `${count('carried')} objects carried over; ${count('changed')} remarks on what changes, ${count('unsafe')} on what was unsafe, ${count('lost')} on what is lost`;
  return `${[...lines, summary].join('\n')}\n`;
}

/** `ces.yaml:12 (document 2) ` */
function whereOf({ file, line, document }: Pick<Placed, 'file' | 'line' | 'document'>): string {
  return file === undefined ? '' : `${file}:${line} (document ${document}) `;
}

export function yamlOf(objects: readonly Written[]): string {
  const texts = objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  return texts.join('---\n');
}

/** One file for each kind, so that each can go to those who own it. */
export async function writeFiles(objects: readonly Written[], directory: string): Promise<readonly string[]> {
  await makeFolder(directory);
  const files: string[] = [];
  for (const [kind, name] of Object.entries(fileNames)) {
    const own = objects.filter((object) => object.kind === kind);
    if (own.length === 0) continue;
    const path = join(directory, name);
    await writeFile(path, yamlOf(own));
    files.push(path);
  }
  return files;
}

const fileNames: Readonly<Record<Written['kind'], string>> = {
  ExternalService: 'services.yaml',
  ClusterEgressPolicy: 'cluster-policies.yaml',
  EgressPolicy: 'policies.yaml',
  EnforcementPoint: 'point.yaml',
};
