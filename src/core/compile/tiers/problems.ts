import type { CompilerCode } from '../../../api/problem-codes.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Intent } from '../intents/intent.ts';
import { nameOfIntent, nameOfOrigin } from '../intents/origin.ts';

/** `inner` never matches, because `outer` comes first for all of its flows. */
export function shadowProblem(inner: Intent, outer: Intent): Problem {
  return inner.action === outer.action
    ? warning(
        inner,
        'redundant',
        `${nameOfIntent(outer)} already says the same for all of its flows; delete one of them`,
      )
    : warning(
        inner,
        'shadowed',
        `never matches, because ${nameOfIntent(outer)} (${outer.action}) comes first for all of its flows; delete it or reorder`,
      );
}

/** Reported on the Pass, once: it may concern many rules below, and only there it can be mended for all. */
export function narrowedPassProblem(pass: Intent): Problem {
  const message =
    'passes flows by domain name while the rules below match networks, or the reverse: a flow that only both together describe is denied. Use the form of the rules below';
  return warning(pass, 'pass-narrowed', message);
}

/** For a Pass by name above an Accept that reaches further: the default Deny for it knows the name's addresses only as far as the device does. */
export function leakingPassProblem(pass: Intent): Problem {
  const message =
    'passes a domain name above a rule that accepts more: where no policy below accepts the name, a firewall denies the addresses it has resolved so far, and that rule accepts all others. Pass networks, or narrow the rule that accepts more';
  return warning(pass, 'pass-by-name-leaks', message);
}

function warning({ origin }: Intent, code: CompilerCode, message: string): Problem {
  return { severity: 'warning', subject: nameOfOrigin(origin), field: origin.field, code, message };
}
