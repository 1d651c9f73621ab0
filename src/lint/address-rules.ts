import { lostTo, ofShared, sharedAddresses } from '../verify/values/claims.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

/** Whose an address is. */
export const addressRules: readonly LintRule[] = [{ id: 'shared-address', severity: 'warning', check: sharedAddress }];

/** Firewalls know the address as that of the newest: the others have lost their access, or have another's. */
function sharedAddress({ snapshot }: LintInput): readonly Finding[] {
  return sharedAddresses(snapshot.pods).flatMap((shared) =>
    shared.others.map(({ namespace, name }) => ({
      subject: `Pod/${namespace}/${name}`,
      field: 'status.podIPs',
      message: `${lostTo(shared)}; ${ofShared}`,
    })),
  );
}
