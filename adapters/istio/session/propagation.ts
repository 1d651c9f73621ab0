import type { Batch, Clock, Session } from '../../../src/adapter/adapter.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { mapOf } from '../objects/fields.ts';
import { kinds, routeKinds } from '../objects/kinds.ts';
import { marks } from '../objects/mesh-object.ts';

/*
 * Objects reach proxies in no certain order: istiod watches each kind by itself, and gathers changes for up to some
 * seconds. A client that has a ServiceEntry and not yet, or no longer, its VirtualService goes straight to the host; one
 * that has it before the policies of a waypoint meets nobody. So between the two there is a time in which both settle.
 *
 *   shows   a ServiceEntry comes, or more see it     waits for all that it leads to
 *   hides   a ServiceEntry goes, or fewer see it     never waits
 *   routes  what leads clients goes, or less of it    waits for what was hidden
 *
 * https://github.com/istio/istio/blob/1.30.0/pilot/pkg/features/tuning.go (PILOT_DEBOUNCE_AFTER, PILOT_DEBOUNCE_MAX)
 */

type Step = 'shows' | 'hides' | 'routes' | 'builds' | 'other';

export function stepOf(change: Change): Step {
  const { op, phase } = change;
  const { kind } = change.key;
  const widens = op === 'create' || (op === 'members' && phase === 'grow');
  if (leadingClients.has(kind) || isParent(change)) return widens ? 'builds' : 'routes';
  if (kind === kinds.serviceEntry.kind) return op === 'delete' || phase === 'revoke' ? 'hides' : 'shows';
  // The sources of a policy do not affect routing, and removed sources can go at once.
  return op === 'delete' || (op === 'members' && kind === kinds.authorizationPolicy.kind) ? 'other' : 'builds';
}

const leadingClients = new Set<string>(
  [kinds.virtualService, routeKinds.httpRoute, routeKinds.tlsRoute, routeKinds.tcpRoute].map(({ kind }) => kind),
);

/** Of an entry that no client sees, whose routes come and go with it. */
function isParent({ after, before }: Change): boolean {
  return mapOf((after ?? before)?.spec['labels'])[marks.role] === 'parent';
}

/** Holds back what must not be seen too early. A batch is of one kind, one operation and one phase, so of one step. */
export class PropagationDelay implements Pick<Session, 'send'> {
  readonly #send: Session['send'];
  readonly #clock: Clock;
  readonly #settleMs: number;
  /** When something was built last. An earlier worker may have written until this moment. */
  #builtAt: number;
  #hiddenAt: number;

  constructor(send: Session['send'], clock: Clock, settleMs: number) {
    this.#send = send;
    this.#clock = clock;
    this.#settleMs = settleMs;
    this.#builtAt = clock.elapsed();
    this.#hiddenAt = this.#builtAt;
  }

  async send(batch: Batch, signal: AbortSignal): ReturnType<Session['send']> {
    const steps = new Set(batch.changes.map(stepOf));
    const since = Math.max(
      steps.has('shows') ? this.#builtAt : -Infinity,
      steps.has('routes') ? this.#hiddenAt : -Infinity,
    );
    await this.#wait(since + this.#settleMs - this.#clock.elapsed(), signal);
    try {
      return await this.#send(batch, signal);
    } finally {
      if (steps.has('hides')) this.#hiddenAt = this.#clock.elapsed();
      if (steps.has('builds') || steps.has('routes')) this.#builtAt = this.#clock.elapsed();
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#clock.sleep(ms, signal);
  }
}

/** `session` with everything that is sent through it in good time. */
export function withPropagationDelay(session: Session, clock: Clock, settleMs: number): Session {
  const timed = new PropagationDelay((batch, signal) => session.send(batch, signal), clock, settleMs);
  return {
    probe: () => session.probe(),
    observe: () => session.observe(),
    send: (batch, signal) => timed.send(batch, signal),
    poll: (handle) => session.poll(handle),
    live: () => session.live(),
    close: () => session.close(),
  };
}
