import type { ExternalService } from '../../api/kinds.ts';
import { parseInstant } from '../../core/time/instant.ts';
import { nameOf, policiesOf, type Policy } from '../../lint/entries.ts';
import type { Origin } from '../../core/model/desired.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { type GovernanceEntry } from '../report.ts';
import { visibleText } from '../../core/text/visible.ts';
import { objectName } from '../../core/text/wording.ts';

/** The policies and services of a snapshot, by name. */
export class PolicyCatalogue {
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #services: ReadonlyMap<string, ExternalService>;

  constructor(snapshot: Snapshot) {
    this.#policies = new Map(policiesOf(snapshot).map((policy) => [nameOf(policy), policy]));
    this.#services = new Map(snapshot.externalServices.map((service) => [service.metadata.name, service]));
  }

  policy(origin: Pick<Origin, 'kind' | 'namespace' | 'name'>): Policy | undefined {
    return this.#policies.get(objectName(origin));
  }

  /** Who answers for a rule, why, and until when. Null: the policy does not exist any longer. */
  governance(origin: Origin, expiresAt = ''): GovernanceEntry | null {
    if (origin.kind === 'EnforcementPoint') return { ...silent, expiresAt };
    const policy = this.policy(origin);
    if (policy === undefined) return null;
    const own = policy.spec.governance ?? {};
    const shared = this.#services.get(origin.externalService ?? '')?.spec.governance ?? {};
    return {
      owner: visibleText(own.owner),
      justification: visibleText(own.justification),
      ticket: own.ticket ?? '',
      expiresAt,
      reviewBy: earlier(own.reviewBy, shared.reviewBy),
      serviceOwner: visibleText(shared.owner),
      serviceJustification: visibleText(shared.justification),
      serviceTicket: shared.ticket ?? '',
    };
  }
}

const silent: GovernanceEntry = {
  owner: '',
  justification: '',
  ticket: '',
  expiresAt: '',
  reviewBy: '',
  serviceOwner: '',
  serviceJustification: '',
  serviceTicket: '',
};

function earlier(a = '', b = ''): string {
  const [one, other] = [parseInstant(a), parseInstant(b)];
  if (one === undefined || other === undefined) return one === undefined ? b : a;
  return one <= other ? a : b;
}
