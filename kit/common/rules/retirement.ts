import type { Change } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';

/** A rule of others, switched off by this status: it stays where it is, and an administrator can enable it again. */
export function retirement(status: string): (rule: Resource) => Change {
  return (rule) => {
    const after = { ...rule, spec: { ...rule.spec, status } };
    return { op: 'update', phase: 'shrink', key: { kind: rule.kind, name: rule.name }, before: rule, after };
  };
}
