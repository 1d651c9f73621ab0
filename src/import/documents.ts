import { z } from 'zod';
import {
  kindsNotRead,
  type Finding,
  type Imported,
  type Importer,
  type ImportOptions,
  type Written,
} from './importer.ts';
import { compareText } from '../api/problem.ts';
import type { Document, Outcome, Remark } from './outcome.ts';
import { settled, type Names } from './settle.ts';

export interface Reading {
  /** `networking.k8s.io/NetworkPolicy`; the version does not matter. */
  readonly kinds: readonly string[];
  /** Of others what says how these are meant: `apps/Deployment`. */
  readonly beside?: readonly string[];
  /** What all of them say together is worked out once. */
  readonly read: (all: readonly Document[], options: ImportOptions) => (document: Document) => Outcome;
  /** Said once, of everything that was read. */
  readonly about: readonly Omit<Finding, 'input'>[];
}

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  // One without a name is told of as well, not passed over.
  metadata: z
    .looseObject({ name: z.string().catch(''), namespace: z.string().optional().catch('') })
    .catch({ name: '' }),
});

/** An importer that reads each object by itself, and tells what became of it. */
export function importing({ kinds, beside = [], read, about }: Reading): Importer {
  return (values, options): Imported => {
    const all = values.flatMap((value, input) => documentOf(value, input));
    const wanted = all.filter(({ kind }) => kinds.includes(kind));
    const names: Names = new Map();
    const readOne = read(all, options);
    const found = wanted.map((document) => ({ document, ...settled(document, readOne(document), names) }));
    const report = found.flatMap(({ document, objects, remarks }) =>
      [...remarks, ...objects.map(carried)].map((remark) => ({
        ...remark,
        subject: document.subject,
        input: document.input,
      })),
    );
    const objects = found.flatMap((one) => one.objects).sort(byKindAndName);
    const passed = kindsNotRead(values, [...kinds, ...beside]);
    return { objects, report: [...report, ...passed, ...(wanted.length === 0 ? [nothing(kinds)] : about)] };
  };
}

function documentOf(value: unknown, input: number): readonly Document[] {
  const { data } = objectSchema.safeParse(value);
  if (data === undefined) return [];
  const [group = '', version] = data.apiVersion.split('/');
  const { name, namespace = '' } = data.metadata;
  const kind = version === undefined ? data.kind : `${group}/${data.kind}`;
  const subject = [data.kind, namespace, name].filter((part) => part !== '').join('/');
  return [{ input, kind, namespace, name, subject, value: data }];
}

function nothing(kinds: readonly string[]): Finding {
  const names = [...new Set(kinds.map((kind) => kind.split('/').at(-1)))].join(', ');
  const message = `there is none in the input: give files with ${names}`;
  return { effect: 'lost', severity: 'error', subject: 'the input', field: 'kind', code: 'nothing-to-import', message };
}

export function carried({ kind, metadata }: Written): Remark {
  const name = [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join('/');
  return { effect: 'carried', severity: 'info', field: '', code: 'carried-over', message: `is ${name} now` };
}

const rank: Readonly<Record<Written['kind'], number>> = {
  ExternalService: 0,
  ClusterEgressPolicy: 1,
  EgressPolicy: 2,
  EnforcementPoint: 3,
};

export function byKindAndName(a: Written, b: Written): number {
  return (
    rank[a.kind] - rank[b.kind] ||
    compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  );
}
