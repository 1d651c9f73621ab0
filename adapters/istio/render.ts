import { stringify } from 'yaml';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import { ownerLabels } from '../../kit/kubernetes/ownership.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { diff } from '../../src/core/plan/diff.ts';
import type { IstioConfig } from './config.ts';
import { lower } from './lower/lower.ts';
import { contentOf } from './objects/resource.ts';
import { kinds } from './objects/kinds.ts';

const apiVersions = new Map<string, string>(
  Object.values(kinds).map(({ kind, group, versions }) => [kind, `${group}/${versions[0]}`]),
);

/**
 * All objects as YAML for kubectl or a GitOps repository, in the order in which they may be applied to an empty cluster:
 * who may comes last. What has to go, and in which order, is not in a file.
 */
export function renderYaml(desired: DesiredState, context: LowerContext<IstioConfig>): string {
  const marks = ownerLabels({ owner: context.owner, point: desired.point });
  const { changes } = diff(lower(desired, context).resources, []);
  const documents = changes.flatMap(({ after }) => {
    if (after === undefined) return [];
    const { metadata, spec } = contentOf(after);
    const labels = { ...metadata.labels, ...marks };
    return [{ apiVersion: apiVersions.get(after.kind), kind: after.kind, metadata: { ...metadata, labels }, spec }];
  });
  return documents
    .map((document) => stringify(document, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false }))
    .join('---\n');
}
