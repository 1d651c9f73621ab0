import type { Clock } from '../adapter/adapter.ts';
import type { EgressApproval } from '../api/kinds.ts';
import type { Problem } from '../api/problem.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { messageOf } from '../log/scrub.ts';

export interface ApprovalTrustDeps {
  /** Does the API server refuse an approval in the name of another user? Rejects if that is not known. */
  readonly guarded: (signal: AbortSignal) => Promise<boolean>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly report: (message: string) => void;
  /** What was withheld may be taken in. */
  readonly release: (changes: readonly ObjectChange[]) => Promise<unknown>;
  /** Why an approval is withheld; no problems: it is no longer. */
  readonly onWithheld: (approval: EgressApproval, problems: readonly Problem[]) => void;
}

type Withheld = Extract<ObjectChange, { kind: 'EgressApproval' }> & { readonly object: EgressApproval };

const askEveryMs = 60_000;
const askAgainMs = 5_000;

/**
 * Lets approvals through only if the API server vouches for what they say. Those that come while it does not, or before anybody
 * knows, are withheld and say so; those that came while it did stay.
 */
export class ApprovalTrust {
  readonly #deps: ApprovalTrustDeps;
  readonly #withheld = new Map<string, Withheld>();
  #guarded = false;

  constructor(deps: ApprovalTrustDeps) {
    this.#deps = deps;
  }

  /** Of these changes, what may be taken in. */
  admitted(changes: readonly ObjectChange[]): readonly ObjectChange[] {
    if (this.#guarded || !changes.some(({ kind }) => kind === 'EgressApproval')) return changes;
    return changes.filter((change) => {
      if (change.kind !== 'EgressApproval') return true;
      if (change.object === undefined) {
        this.#withheld.delete(change.key);
        return true;
      }
      this.#withheld.set(change.key, { ...change, object: change.object });
      this.#deps.onWithheld(change.object, [notGuarded(change.key)]);
      return false;
    });
  }

  /** Asks until it is known: until then what was approved must not be treated as gone. */
  async begin(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.#ask(signal))) await this.#deps.clock.sleep(askAgainMs, signal);
  }

  /**
   * Asks again until the signal aborts, every minute, or sooner while something is withheld; what is not known in the meantime is as
   * it was.
   */
  async run(signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += askAgainMs) {
      await this.#deps.clock.sleep(askAgainMs, signal);
      if (signal.aborted) return;
      if (waitedMs < askEveryMs && this.#withheld.size === 0) continue;
      await this.#ask(signal);
      waitedMs = 0;
    }
  }

  async #ask(signal: AbortSignal): Promise<boolean> {
    try {
      this.#guarded = await this.#deps.guarded(signal);
    } catch (error) {
      if (!signal.aborted) this.#deps.report(`whether forged approvals are refused is not known: ${messageOf(error)}`);
      return false;
    }
    if (!this.#guarded || this.#withheld.size === 0) return true;
    const changes = [...this.#withheld.values()];
    this.#withheld.clear();
    for (const { object } of changes) this.#deps.onWithheld(object, []);
    await this.#deps.release(changes);
    return true;
  }
}

function notGuarded(key: string): Problem {
  return {
    severity: 'error',
    subject: `EgressApproval/${key}`,
    field: 'spec.approver',
    code: 'approvals-not-guarded',
    message:
      'the API server takes approvals in any name, so that one says nothing of who decided: apply deploy/admission/approval',
  };
}
