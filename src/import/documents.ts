import { z } from 'zod';
import type { Finding, Imported, Importer, ImportOptions, Written } from '../adapter/importer.ts';
import { parseObject } from '../api/parse.ts';
import { compareText } from '../api/problem.ts';

/** An object of the input, of one of the kinds that are read. */
export interface Document {
  /** Its place in the input. */
  readonly input: number;
  readonly kind: string;
  /** Empty: it has none. */
  readonly namespace: string;
  readonly name: string;
  /** `NetworkPolicy/shop/web` */
  readonly subject: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export type Remark = Omit<Finding, 'subject' | 'input'>;

/** What became of one object. */
export interface Outcome {
  readonly objects: readonly Written[];
  readonly remarks: readonly Remark[];
}

export interface Reading {
  /** `networking.k8s.io/NetworkPolicy`; the version does not matter. */
  readonly kinds: readonly string[];
  readonly read: (document: Document, all: readonly Document[], options: ImportOptions) => Outcome;
  /** Said once, of everything that was read. */
  readonly about: readonly Omit<Finding, 'input'>[];
}

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** An importer that reads each object by itself, and tells what became of it. */
export function importing({ kinds, read, about }: Reading): Importer {
  return (values, options): Imported => {
    const all = values.flatMap((value, input) => documentOf(value, input));
    const wanted = all.filter(({ kind }) => kinds.includes(kind));
    const found = wanted.map((document) => ({ document, ...checked(read(document, all, options)) }));
    const report = found.flatMap(({ document, objects, remarks }) =>
      [...remarks, ...objects.map(carried)].map((remark) => ({
        ...remark,
        subject: document.subject,
        input: document.input,
      })),
    );
    const objects = found.flatMap((one) => one.objects).sort(byKindAndName);
    return { objects, report: [...report, ...(wanted.length === 0 ? [nothing(kinds)] : about)] };
  };
}

/** What our kinds do not take is not here, and says why in their words. */
function checked({ objects, remarks }: Outcome): Outcome {
  const judged = objects.map((object) => {
    const parsed = parseObject(object);
    return { object, problems: 'problems' in parsed ? parsed.problems : [] };
  });
  const refused = judged.flatMap(({ problems: [problem] }) =>
    problem ? [lost('', 'not-expressible', `cannot be said here (${problem.field}): ${problem.message}`)] : [],
  );
  return {
    objects: judged.flatMap(({ object, problems }) => (problems.length === 0 ? [object] : [])),
    remarks: [...remarks, ...refused],
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
  const names = kinds.map((kind) => kind.split('/').at(-1)).join(', ');
  const message = `there is none among what was read: give files with ${names}`;
  return { effect: 'lost', severity: 'error', subject: 'the input', field: 'kind', code: 'nothing-to-import', message };
}

function carried({ kind, metadata }: Written): Remark {
  const name = [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join('/');
  return { effect: 'carried', severity: 'info', field: '', code: 'carried-over', message: `is ${name} now` };
}

/** Something of an object that is not here. */
export function lost(field: string, code: string, message: string): Remark {
  return { effect: 'lost', severity: 'error', field, code, message };
}

/** Something about other pods of the cluster, which the original goes on to decide. */
export function inside(field: string, what: string): Remark {
  const message = `${what} are in the cluster, which is not what Postern decides: keep the original for them`;
  return { effect: 'lost', severity: 'info', field, code: 'within-the-cluster', message };
}

/** What was not of the form that is known: nothing of the object is carried over, since a field that is not known may narrow it. */
export function unreadable({ issues: [issue] }: z.ZodError): Outcome {
  const field = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const message = `${issue?.message ?? 'cannot be read'}: nothing of this object is carried over, since what is not known may be a limit`;
  return { objects: [], remarks: [lost(field.replace(/^\./, ''), 'unreadable', message)] };
}

const rank: Readonly<Record<Written['kind'], number>> = { ExternalService: 0, ClusterEgressPolicy: 1, EgressPolicy: 2, EnforcementPoint: 3 }; // prettier-ignore

function byKindAndName(a: Written, b: Written): number {
  return (
    rank[a.kind] - rank[b.kind] ||
    compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  );
}
