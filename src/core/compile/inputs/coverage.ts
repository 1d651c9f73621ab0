import type { EnforcementPoint } from '../../../api/kinds.ts';
import type { Verdict } from '../../model/desired.ts';
import type { Problem } from '../../../api/problem.ts';
import { aggregate } from '../../../net/network-set.ts';
import { requirementsText, type Requirements } from '../../select/requirements.ts';
import { readNetworks, readSelector, type Fault, type Result } from './fields.ts';
import { readGrace } from './grace.ts';
import { keyOfVantage, knowsWorkloads, readVantage, type Vantage } from './vantage.ts';

/** What a point asks of the compiler. Points that ask for the same share their rules. */
export interface Coverage {
  readonly key: string;
  /** Which namespaces; undefined: none. */
  readonly namespaces: Requirements | undefined;
  /** Which policies, by label. */
  readonly policies: Requirements;
  readonly vantage: Vantage;
  readonly clusterNetworks: readonly string[];
  readonly defaultAction: Verdict;
  /** For how long pods that are being deleted keep what rules grant; undefined: the point says nothing. */
  readonly graceSeconds: number | undefined;
  /** Entries that the policies of one namespace may have together; undefined: as many as there are. */
  readonly entriesPerNamespace: number | undefined;
}

/** A point whose fields cannot be read covers nothing: only its default action holds. */
export function readCoverage({ metadata, spec }: EnforcementPoint): {
  coverage: Coverage;
  problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const report = (severity: Problem['severity'], field: string, { code, message }: Fault): void => {
    problems.push({ severity, subject: `EnforcementPoint/${metadata.name}`, field: `spec.${field}`, code, message });
  };
  const read = <T>(field: string, readable: Result<T>): T | undefined => {
    if ('value' in readable) return readable.value;
    const { code, message } = readable.fault;
    report('error', field, { code, message: `${message}; until then only the default action holds` });
    return undefined;
  };
  const namespaces = read('namespaceSelector', readSelector(spec.namespaceSelector));
  const policies = read('policySelector', readSelector(spec.policySelector));
  const vantage = read('vantage', readVantage(spec.vantage));
  const networks = read('clusterNetworks', readNetworks(spec.clusterNetworks ?? []));
  const named = vantage !== undefined && knowsWorkloads(vantage);
  if (spec.defaultAction === 'Deny' && networks?.length === 0 && !named) {
    const message = 'the default Deny is left to the device; set clusterNetworks to have a rule that says it';
    report('info', 'clusterNetworks', { code: 'default-deny-by-device', message });
  }
  if (spec.defaultAction === 'Accept') {
    const message =
      'no rule is written that accepts everything: what no rule matches is left to the policies of the device';
    report('info', 'defaultAction', { code: 'default-accept-by-device', message });
  }
  const parts = {
    namespaces: policies && vantage ? namespaces : undefined,
    policies: policies ?? [],
    vantage: vantage ?? { type: 'Pod' as const },
    clusterNetworks: named ? [] : aggregate(networks ?? []),
    defaultAction: spec.defaultAction,
    graceSeconds: readGrace(spec),
    entriesPerNamespace: spec.quota?.entriesPerNamespace,
  };
  return { coverage: { ...parts, key: keyOf(parts) }, problems };
}

function keyOf(coverage: Omit<Coverage, 'key'>): string {
  const { namespaces, policies, vantage, clusterNetworks, defaultAction, graceSeconds, entriesPerNamespace } = coverage;
  const covered = namespaces ? `covers ${requirementsText(namespaces)}` : 'covers nothing';
  const from = [keyOfVantage(vantage), clusterNetworks.join(',')];
  return [covered, requirementsText(policies), ...from, defaultAction, `${graceSeconds} ${entriesPerNamespace}`].join(
    '\n',
  );
}
