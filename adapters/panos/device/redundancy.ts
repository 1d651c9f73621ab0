import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { at, elementText } from '../../../kit/common/api/xml.ts';
import { notActive } from '../../../kit/common/redundancy.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import type { Json } from '../../../src/core/model/json.ts';
import type { Panos } from './device.ts';
import { onFirewall } from './paths.ts';

/*
 * A pair has two configurations, and two tables of registered addresses. Changes belong to the active or active-primary
 * unit, from which they go to the other ("Reference: HA Synchronization", administrator's guide); what a passive Panorama is
 * told reaches no firewall (pan-os-python, pull request 622).
 */

type Pair = Pick<Panos, 'ask' | 'config'>;

/** @throws AdapterError `busy` on a unit that is not the active one, or where the firewall that a Panorama manages is not */
export async function checkActive({ ask, config }: Pair): Promise<Capabilities['choices'][string]> {
  const own = await readState(ask, {});
  if (own !== undefined && !isActive(own)) throw notActive(own);
  if (config.panorama === undefined) return choiceOf(own);
  const firewall = await readState(ask, onFirewall(config));
  if (firewall === undefined || isActive(firewall)) return choiceOf(firewall);
  const remedy = 'Set config.panorama.firewall to the serial number of the active one.';
  throw notActive({ ...firewall, unit: `Firewall ${config.panorama.firewall}`, remedy });
}

interface State {
  /** `active`, `passive`, `suspended`; of a Panorama `primary-active`; empty: it is no pair. */
  readonly state: string;
  /** Where the other unit is, if that one is active. */
  readonly active: string | undefined;
}

/** Undefined: the unit does not tell, or does not know the question. */
async function readState(ask: Panos['ask'], options: Readonly<Record<string, string>>): Promise<State | undefined> {
  const cmd = { show: { 'high-availability': { state: '' } } };
  const asked = ask({ type: 'op', what: 'show high-availability', reads: true, cmd, options });
  const result = at(await unlessRefused(asked, 'forbidden', 'not-found', 'unsupported', 'invalid'), 'result');
  const enabled = elementText(at(result, 'enabled'));
  if (enabled !== 'yes') return enabled === 'no' ? { state: '', active: undefined } : undefined;
  // A Panorama tells it without the group around it.
  const group = at(result, 'group') ?? result;
  const peer = at(group, 'peer-info');
  const isThere = isActive({ state: wordIn(peer, 'state') });
  return { state: wordIn(at(group, 'local-info'), 'state'), active: isThere ? addressOf(peer) : undefined };
}

function isActive({ state }: Pick<State, 'state'>): boolean {
  return ['', 'active', 'active-primary', 'primary-active', 'secondary-active'].includes(state);
}

function wordIn(info: Json | undefined, field: string): string {
  return elementText(at(info, field))
    .replace(/[^\w.:/-]/g, '')
    .slice(0, 60);
}

/** `192.0.2.2/24` as `192.0.2.2`. */
function addressOf(peer: Json | undefined): string {
  return wordIn(peer, 'mgmt-ip').replace(/\/.*/, '') || 'the other one';
}

function choiceOf(told: State | undefined): Capabilities['choices'][string] {
  if (told === undefined)
    return { value: 'unknown', reason: 'The firewall does not tell whether it is one of a pair.' };
  return told.state === ''
    ? { value: 'standalone', reason: 'The firewall does not say that it is one of a pair.' }
    : { value: 'active', reason: `This is the active one of two units (${told.state}).` };
}
