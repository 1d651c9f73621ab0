import type { Problem } from '../../api/problem.ts';
import type { Pod } from '../../core/model/snapshot.ts';
import type { Why } from './step.ts';

/** Kinds of which one that is not there changes nothing for other pods. */
const ofOthers = ['Pod', 'Node', 'ServiceAccount', 'Secret'];

/**
 * The answer where an object was given and could not be read: a policy that denies the flow, or that permits it, may be
 * among them, and then nobody knows.
 *
 * @param isElsewhere whether a point is known not to cover the pod
 */
export function withUnread(
  why: Why,
  unread: readonly Problem[],
  { namespace }: Pod,
  isElsewhere: (point: string) => boolean,
): Why {
  const meant = unread.find(({ subject }) => {
    const [kind = '', home = '', name] = subject.split('/');
    if (ofOthers.includes(kind) || (kind === 'EnforcementPoint' && isElsewhere(home))) return false;
    if (kind === 'Namespace') return home === namespace;
    return name === undefined || kind !== 'EgressPolicy' || home === namespace;
  });
  if (meant === undefined) return why;
  const { subject, field, message } = meant;
  const what = [field, message].filter((part) => part !== '').join(': ');
  const rest = `Unknown: ${subject} could not be used (${what}), and may change the answer.`;
  return { ...why, verdict: 'Unknown', sentence: `${rest} Without it, ${why.sentence}` };
}
