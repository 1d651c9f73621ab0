import { at, elementText } from '../../../kit/common/api/xml.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { ofVersion, unprobed } from '../unprobed.ts';
import type { Panos } from './device.ts';

/**
 * Version and kind of device, by reads that change nothing.
 *
 * @throws AdapterError `unsupported` for PAN-OS before 10.2 and for a Panorama, `forbidden` naming the right that is missing
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
  if (/panorama|^M-\d/i.test(model)) {
    const message = `${model || 'This'} is a Panorama, which enforces nothing itself: config.url must be that of the firewall.`;
    throw new AdapterError('unsupported', message);
  }
  const isTagsOnly = config.manage === 'tags';
  return {
    ...unprobed,
    ...known,
    settleSeconds: isTagsOnly ? 1 : unprobed.settleSeconds,
    choices: {
      names: {
        value: isTagsOnly ? 'elsewhere' : 'by address',
        reason: isTagsOnly
          ? 'Rules are yours (manage: tags).'
          : 'A firewall resolves an exact name itself and compares addresses; another name at the same address is permitted with it.',
      },
    },
  };
}
