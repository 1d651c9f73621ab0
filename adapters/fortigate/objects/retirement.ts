import type { Change } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';

/** A policy of others, switched off: it stays where it is, and an administrator can enable it again. */
export function retirement(rule: Resource): Change {
  const after = { ...rule, spec: { ...rule.spec, status: 'disable' } };
  return { op: 'update', phase: 'shrink', key: { kind: rule.kind, name: rule.name }, before: rule, after };
}
