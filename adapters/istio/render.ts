import { stringify } from 'yaml';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import { ownerLabels } from '../../kit/kubernetes/ownership.ts';
import { asObject } from '../../kit/kubernetes/whole.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { diff } from '../../src/core/plan/diff.ts';
import type { IstioConfig } from './config.ts';
import { lower } from './lower/lower.ts';
import { contentOf } from './objects/resource.ts';
import { kindsOf } from './objects/kinds.ts';

/**
 * All objects as YAML for kubectl or a GitOps repository, in the order in which they may be applied to an empty cluster:
 * who may comes last. What has to go, and in which order, is not in a file.
 */
export function renderYaml(desired: DesiredState, context: LowerContext<IstioConfig>): string {
  const marks = ownerLabels({ owner: context.owner, point: desired.point });
  const layer = { kinds: kindsOf(context.config.api), toObject: contentOf };
  const { changes } = diff(lower(desired, context).resources, []);
  return changes
    .flatMap(({ after }) => (after === undefined ? [] : [asObject(after, layer)]))
    .map(({ apiVersion, kind, metadata, ...rest }) => {
      return { apiVersion, kind, metadata: { ...metadata, labels: { ...metadata.labels, ...marks } }, ...rest };
    })
    .map((document) => stringify(document, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false }))
    .join('---\n');
}
