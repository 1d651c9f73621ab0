import type { ClusterEgressPolicy, EgressPolicy } from '../../../api/kinds.ts';
import { conjoinRequirements } from '../../select/requirements.ts';
import { subjectOf, type Subject } from '../../select/subject.ts';
import { fault, readAccounts, type Result } from './fields.ts';
import type { Readings } from './readings.ts';

const everyNamespace: Subject['namespaces'] = [];

export function readLocalSubject(
  namespace: string,
  subject: EgressPolicy['spec']['subject'],
  readings: Readings,
): Result<Subject> {
  const pods = readings.selector(subject.podSelector);
  if ('fault' in pods) return pods;
  const accounts = readAccounts(subject.serviceAccounts?.map((name) => `${namespace}/${name}`));
  if ('fault' in accounts) return accounts;
  const parts = pods.value && {
    namespace,
    namespaces: everyNamespace,
    pods: pods.value,
    serviceAccounts: accounts.value,
  };
  return orEmpty(parts && subjectOf(parts));
}

export function readClusterSubject(
  subject: ClusterEgressPolicy['spec']['subject'],
  readings: Readings,
): Result<Subject> {
  const namespaces = readings.selector(subject.namespaceSelector);
  if ('fault' in namespaces) return namespaces;
  const pods = readings.selector(subject.podSelector);
  if ('fault' in pods) return pods;
  const accounts = readAccounts(subject.serviceAccounts?.map(({ namespace, name }) => `${namespace}/${name}`));
  if ('fault' in accounts) return accounts;
  if (!namespaces.value || !pods.value) return orEmpty(undefined);
  const parts = {
    namespace: undefined,
    namespaces: namespaces.value,
    pods: pods.value,
    serviceAccounts: accounts.value,
  };
  return orEmpty(subjectOf(parts));
}

/** A cluster-wide subject within certain namespaces only; undefined where none can be left. */
export function narrow(subject: Subject, namespaces: Subject['namespaces']): Subject | undefined {
  if (namespaces.length === 0) return subject;
  const both = conjoinRequirements(subject.namespaces, namespaces);
  return both && subjectOf({ ...subject, namespaces: both });
}

function orEmpty(subject: Subject | undefined): Result<Subject> {
  return subject
    ? { value: subject }
    : fault('empty-subject', 'the subject contradicts itself, so that no pod matches; correct its selectors');
}
