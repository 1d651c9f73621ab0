import { atLeast } from '../../kit/common/api/version.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';

/** What is assumed of a firewall before it is probed. */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['source', 'destination'],
  emptyGroup: 'nothing',
  memberUpdates: 'delta',
  lock: 'none',
  domainNames: 'exact',
  transactions: true,
  maxMembersPerGroup: Number.MAX_SAFE_INTEGER,
  maxObjects: {},
  // A commit holds no addresses up: withdrawals go past it, grants wait for it.
  serialised: 'object',
  settleSeconds: 120,
  choices: {},
};

/** @throws AdapterError `unsupported` for PAN-OS before 10.2 */
export function ofVersion(version: string): Pick<Capabilities, 'version'> {
  if (atLeast(version, '10.2')) return { version };
  throw new AdapterError(
    'unsupported',
    `PAN-OS ${version || 'of unknown version'} is too old: many changes in one request, all or none, exist since 10.2.`,
  );
}
