import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { apiVersions } from '../api/client.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import { nameIn, type Azure, type KnownFirewall } from './known.ts';
import { readPolicy } from './policy.ts';
import { readSelectorGroups } from './source-groups.ts';

/** The policy, by reads that change nothing. @throws AdapterError `foreign-owned` for one that Azure itself writes */
export async function probe(azure: Azure): Promise<Capabilities> {
  const { properties, firewalls, version } = await readPolicy(azure);
  const { policy, maxIpGroups } = azure.config;
  if (properties['afcManaged'] === true) {
    const message = `Policy ${policy} is written by Azure Firewall for Containers (afcManaged), which overwrites what others do. Make a policy of its own for Postern, above or below it.`;
    throw new AdapterError('foreign-owned', message);
  }
  if (azure.config.sources === 'kube-selector-groups') await expectFollowing(azure, firewalls);
  const names = firewalls.map(({ id }) => nameIn(id));
  return {
    ...unprobed,
    version,
    maxObjects: { [kinds.group]: maxIpGroups },
    choices: {
      firewalls: {
        value: names.join(', '),
        reason:
          names.length === 0
            ? 'No firewall uses the policy yet: nothing enforces what is written.'
            : 'They use the policy, or one below it.',
      },
      names: namesChoice(properties),
    },
  };
}

/** @throws AdapterError `unsupported` if Azure would not follow the pods: a rule that denies would be a hole */
async function expectFollowing(azure: Azure, firewalls: readonly KnownFirewall[]): Promise<void> {
  const groups = await unlessRefused(readSelectorGroups(azure), 'invalid', 'not-found');
  const instead = 'Set config.sources: ip-groups, with another vantage.';
  if (groups === undefined) {
    const message = `Azure has no kube selector groups here: they need version ${apiVersions.newest} of its API. ${instead}`;
    throw new AdapterError('unsupported', message);
  }
  const without = firewalls
    .filter(({ state, followsPods }) => state !== '' && !followsPods)
    .map(({ id }) => nameIn(id));
  if (without.length === 0) return;
  const message = `Firewall ${without.join(', ')} is not connected to a cluster, so it cannot follow pods (afcConfiguration): connect it to a control plane of Azure Firewall for Containers, or: ${instead}`;
  throw new AdapterError('unsupported', message);
}

function namesChoice(properties: JsonObject): Capabilities['choices'][string] {
  const dns = isObject(properties['dnsSettings']) ? properties['dnsSettings'] : {};
  const tier = isObject(properties['sku']) ? textOf(properties['sku']['tier']) : '';
  if (dns['enableProxy'] === true && tier !== 'Basic')
    return {
      value: 'network and application rules',
      reason:
        'The policy has a DNS proxy. Let clients ask it, so that they and the firewall have the same addresses for a name.',
    };
  return {
    value: 'application rules only',
    reason:
      'The policy has no DNS proxy (dnsSettings.enableProxy), so that names count where HTTP or TLS is spoken only.',
  };
}
