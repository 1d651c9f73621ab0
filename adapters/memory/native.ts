import { z } from 'zod';
import { originIn, servedBy } from '../../kit/common/ownership/marks.ts';
import { readMark } from '../../src/adapter/owner.ts';
import type { Resource } from '../../src/core/model/resource.ts';

/*
 * The device's own vocabulary, and what its objects are as resources. `lower` and `observe` share these two functions,
 * so that what is read back equals what was lowered.
 */

export const groupSchema = z.strictObject({
  name: z.string(),
  mark: z.string(),
  title: z.string(),
  members: z.array(z.string()),
});
export type NativeGroup = z.infer<typeof groupSchema>;

export const ruleSchema = z.strictObject({
  name: z.string(),
  mark: z.string(),
  action: z.enum(['Accept', 'Deny']),
  enabled: z.boolean(),
  log: z.boolean(),
  /** Names of groups. No name means all sources, as on many appliances; a group without members matches none. */
  sources: z.array(z.string()),
  /** `any`, or names and networks. */
  to: z.array(z.string()).min(1),
  /** `any`, or `TCP/443`, `UDP/5000-5010`. */
  services: z.array(z.string().regex(/^(any|(TCP|UDP)\/\d+(-\d+)?)$/)).min(1),
});
export type NativeRule = z.infer<typeof ruleSchema>;

export function groupResource({ name, members, ...spec }: NativeGroup): Resource {
  const [role, id] = readMark(spec.mark)?.subject.split('/') ?? [];
  const effect = role === 'Deny' ? 'Deny' : 'Accept';
  return { kind: 'group', name, spec, members: [...members].sort(), refs: [], effect, ...(id && { desiredId: id }) };
}

export function ruleResource({ name, ...spec }: NativeRule, position: number): Resource {
  const refs = spec.sources.map((source) => ({ kind: 'group', name: source }));
  const from = { ...servedBy(spec.mark), ...originIn(spec.mark) };
  return { kind: 'rule', name, spec, refs, effect: spec.action, position, ...from };
}
