import { at, elementText } from '../../../kit/common/api/xml.ts';
import { atLeast } from '../../../kit/common/api/version.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { ofVersion, unprobed } from '../unprobed.ts';
import type { Panos } from './device.ts';
import { checkActive } from './redundancy.ts';

/**
 * Version and kind of device, by reads that change nothing.
 *
 * @throws AdapterError `unsupported` for PAN-OS before 10.2 and for a Panorama, `forbidden` naming the right that is missing,
 *   `busy` on a passive unit
 */
export async function probe({ ask, config }: Panos): Promise<Capabilities> {
  const cmd = { show: { system: { info: '' } } };
  const answer = await ask({ type: 'op', what: 'show system info', reads: true, cmd });
  const system = at(answer, 'result', 'system');
  const version = elementText(at(system, 'sw-version'));
  const known = ofVersion(version);
  const model = elementText(at(system, 'model'))
    .replace(/[^\w .-]/g, '')
    .slice(0, 40);
  const isPanorama = /panorama|^M-\d/i.test(model);
  if (isPanorama !== (config.panorama !== undefined))
    throw new AdapterError(
      'unsupported',
      isPanorama ? aPanorama : `${model || 'This'} is no Panorama: take config.panorama out.`,
    );
  if (isPanorama && !atLeast(version, '11.0.1')) throw new AdapterError('unsupported', tooOld(version));
  const redundancy = await checkActive({ ask, config });
  const isTagsOnly = config.manage === 'tags';
  return {
    ...unprobed,
    ...known,
    settleSeconds: isTagsOnly ? 1 : isPanorama ? 2 * unprobed.settleSeconds : unprobed.settleSeconds,
    choices: {
      redundancy,
      names: {
        value: isTagsOnly ? 'elsewhere' : 'by address',
        reason: isTagsOnly
          ? 'Rules are yours (manage: tags).'
          : 'A firewall resolves an exact name itself and compares addresses; another name at the same address is permitted with it.',
      },
    },
  };
}

const aPanorama =
  'This is a Panorama, which enforces nothing itself: say in config.panorama which device group and firewall this point is, or let config.url be that of the firewall.';

/* "Admin-level commit with policy reordering", new features of PAN-OS 11.0. */
function tooOld(version: string): string {
  return `A Panorama with PAN-OS ${version} cannot commit the order of rules for one admin alone, which 11.0.1 and later can.`;
}
