import type { ExternalService } from '../../../api/kinds.ts';
import type { Problem } from '../../../api/problem.ts';
import { CompactSet } from '../../select/compact-set.ts';
import { sameMeaning } from '../changes.ts';
import { readService, type PlacedFault, type Service } from '../inputs/external-service.ts';
import { fault, type Result } from '../inputs/fields.ts';
import type { Lapse } from './resolve.ts';

/** The ExternalServices, and which policies name them. */
export class ServiceIndex<Policy> {
  readonly #services = new Map<string, { object: ExternalService; read: { value: Service } | PlacedFault }>();
  /** By the name of a service. */
  readonly #users = new Map<string, CompactSet<Policy>>();
  readonly #lapse: Lapse;

  constructor(lapse: Lapse) {
    this.#lapse = lapse;
  }

  /** False: it means what it meant before. */
  set(name: string, object: ExternalService | undefined): boolean {
    if (sameMeaning(this.#services.get(name)?.object, object)) return false;
    if (object) this.#services.set(name, { object, read: readService(object) });
    else this.#services.delete(name);
    return true;
  }

  addUser(name: string, policy: Policy): void {
    const users = this.#users.get(name) ?? new CompactSet();
    if (users.size === 0) this.#users.set(name, users);
    users.add(policy);
  }

  deleteUser(name: string, policy: Policy): void {
    const users = this.#users.get(name);
    if (users?.delete(policy) && users.size === 0) this.#users.delete(name);
  }

  usersOf(name: string): Iterable<Policy> {
    return this.#users.get(name) ?? [];
  }

  /** The service as policies may use it now. */
  find(name: string): Result<Service> {
    const found = this.#services.get(name);
    if (!found)
      return fault('unresolved-reference', `there is no ExternalService ${name}; create it or correct the name`);
    const lapse = this.#lapse(found.object.spec.governance);
    if (lapse) return fault(lapse.code, `ExternalService ${name}: ${lapse.message}`);
    if ('value' in found.read) return found.read;
    return fault('unresolved-reference', `ExternalService ${name} cannot be used: ${found.read.fault.message}`);
  }

  *problems(): Iterable<Problem> {
    for (const [name, { object, read }] of this.#services) {
      const subject = `ExternalService/${name}`;
      if ('fault' in read) yield { severity: 'error', subject, field: read.field, ...read.fault };
      const lapse = this.#lapse(object.spec.governance);
      const severity = lapse?.code === 'expired' ? 'warning' : 'error';
      if (lapse) yield { severity, subject, field: 'spec.governance.expiresAt', ...lapse };
    }
  }
}
