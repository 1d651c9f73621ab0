import { atLeast } from '../../kit/common/api/version.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What is assumed of a FortiGate before it is probed. */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['source', 'destination'],
  emptyGroup: 'refused',
  memberUpdates: 'delta',
  lock: 'none',
  domainNames: 'wildcard',
  transactions: false,
  maxMembersPerGroup: 300,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 1,
  choices: {},
};

/**
 * What a version says of a device that cannot be asked, and what else is not asked of one that can.
 *
 * @throws AdapterError `unsupported` for FortiOS before 6.4
 */
export function ofVersion(version: string): Pick<Capabilities, 'version' | 'emptyGroup'> {
  if (atLeast(version, '6.4')) return { version, emptyGroup: atLeast(version, '7.2') ? 'nothing' : 'refused' };
  throw new AdapterError(
    'unsupported',
    `FortiOS ${version || 'of unknown version'} is too old: one policy table for IPv4 and IPv6 exists since 6.4.`,
  );
}
