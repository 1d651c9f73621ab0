import { pathText } from '../../api/validation-errors.ts';
import type { Finding } from '../importer.ts';
import { lost } from '../outcome.ts';
import { about, type Subject } from './finding.ts';
import { shapes, versions, type CesKind, type Shape } from './shapes.ts';

/** An object of the input with its place in reports. */
export type Read<K extends CesKind> = Shape<K> & Subject;

/** The input, kind by kind, in its order; the first of several objects of one name counts. */
export type CesCluster = { readonly [K in CesKind]: readonly Read<K>[] };

export interface CesInput {
  readonly cluster: CesCluster;
  readonly findings: readonly Finding[];
}

/** Reads whatever `kubectl` prints; kinds that decide nothing in CES are passed over. */
export function readCes(values: readonly unknown[]): CesInput {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  const kind = <K extends CesKind>(name: K): Read<K>[] =>
    values.flatMap((value, input): Read<K>[] => {
      if (!isOf(value, name)) return [];
      const read = shapes[name].safeParse(value);
      if (!read.success) {
        findings.push(malformed({ subject: name, input }, read.error.issues[0]));
        return [];
      }
      const object = read.data as Shape<K>;
      const { namespace, name: own } = object.metadata;
      if (namespace === '' && name !== 'ClusterEgressRule' && name !== 'Namespace') {
        findings.push(
          malformed({ subject: `${name}/${own}`, input }, { path: ['metadata', 'namespace'], message: 'write it out' }),
        );
        return [];
      }
      const subject = [name, namespace, own].filter((part) => part !== '').join('/');
      if (seen.has(subject)) findings.push(repeated({ subject, input }));
      if (seen.has(subject)) return [];
      seen.add(subject);
      return [{ ...object, subject, input }];
    });
  const cluster = {
    ExternalService: kind('ExternalService'),
    ClusterEgressRule: kind('ClusterEgressRule'),
    NamespaceEgressRule: kind('NamespaceEgressRule'),
    ServiceEgressRule: kind('ServiceEgressRule'),
    Namespace: kind('Namespace'),
    Service: kind('Service'),
    Endpoints: kind('Endpoints'),
    Pod: kind('Pod'),
  };
  return { cluster, findings };
}

function isOf(value: unknown, kind: CesKind): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind: own } = value as { apiVersion?: unknown; kind?: unknown };
  return own === kind && apiVersion === versions[kind];
}

function malformed(
  subject: Subject,
  issue?: { readonly path: readonly PropertyKey[]; readonly message: string },
): Finding {
  const message = `the API server would not have it so: ${issue?.message ?? 'it cannot be read'}`;
  return about(subject, lost(pathText(issue?.path ?? []), 'malformed-object', message));
}

function repeated(subject: Subject): Finding {
  const message = 'it is there twice; the first one counts: remove one of them';
  return about(subject, lost('metadata.name', 'duplicate-object', message));
}
