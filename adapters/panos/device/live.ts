import { ourSubject } from '../../../kit/common/ownership/marks.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import { pendingUntilChanged } from '../../../kit/common/pending.ts';
import type { Reading } from '../../../kit/common/session.ts';
import type { Live, RuleHit } from '../../../src/adapter/adapter.ts';
import { kinds, ourTagsIn } from '../objects/names.ts';
import type { Known, Panos } from './device.ts';
import { onFirewall } from './paths.ts';
import { untilDue } from './timed.ts';

/** What was read is the configuration in force, and tags count from the moment they are registered. */
export function inForce(device: Panos, last: Reading<Known> | undefined): Live {
  const { config, owner } = device;
  const tagged = (last?.observed.others ?? []).filter(
    ({ kind, spec }) => kind === kinds.address && ourTagsIn(owner, spec).length > 0,
  );
  const resources = last?.observed.resources ?? [];
  const addresses = resources.reduce((sum, { members = [] }) => sum + members.length, 0);
  const registered = `${addresses} addresses read back with their tags${renewal(device)}`;
  const lookAgainAfterMs = untilDue(device);
  const again = lookAgainAfterMs === undefined ? {} : { lookAgainAfterMs };
  if (tagged.length > 0) {
    const pending = pendingUntilChanged(alsoInGroups(tagged.map(({ name }) => name)));
    return { ...pending, lookAgainAfterMs: Math.min(lookAgainAfterMs ?? Infinity, pending.lookAgainAfterMs) };
  }
  if (config.manage === 'tags')
    return {
      state: 'unknown',
      evidence: `${registered}; which rules use the tags is not looked at (manage: tags)`,
      ...again,
    };
  const rules = resources.filter(({ position }) => position !== undefined).length;
  const where =
    config.panorama === undefined ? 'the running configuration' : 'the policy that has arrived at the firewall';
  return {
    state: 'live',
    evidence: `${rules} rules read back from ${where}, ${registered}`,
    ...again,
  };
}

function alsoInGroups(addresses: readonly string[]): string {
  return `the address objects ${addresses.slice(0, 5).join(', ')} of others have tags of Postern's groups, so that rules of Postern are about their addresses, too: take these tags off them`;
}

function renewal({ config }: Panos): string {
  const { memberTimeoutSeconds: seconds } = config;
  return seconds === undefined ? '' : `, forgotten unless they are renewed within ${seconds} s`;
}

/** Hit counters of our rules. */
export async function ruleHits(
  { ask, config, owner }: Panos,
  last: Reading<Known> | undefined,
): Promise<readonly RuleHit[]> {
  const rules = new Map(
    (last?.observed.resources ?? []).flatMap(({ kind, name, spec }) => {
      const rule = kind === kinds.rule ? ourSubject(owner, textOf(spec['description'])) : undefined;
      return rule === undefined ? [] : [[name, rule] as const];
    }),
  );
  if (rules.size === 0) return [];
  const base = { entry: { '@name': 'security', rules: { all: '' } } };
  const vsys = { 'vsys-name': { entry: { '@name': config.vsys, 'rule-base': base } } };
  const cmd = { show: { 'rule-hit-count': { vsys } } };
  const options = onFirewall(config);
  const answer = await ask({ type: 'op', what: 'show rule-hit-count', reads: true, cmd, options });
  const [seen] = elementsIn(at(answer, 'result', 'rule-hit-count', 'vsys', 'entry'));
  const [security] = elementsIn(at(seen, 'rule-base', 'entry'));
  return elementsIn(at(security, 'rules', 'entry')).flatMap((entry) => {
    const rule = rules.get(textOf(at(entry, '@name')));
    if (rule === undefined) return [];
    const time = (field: string): string | undefined => {
      const seconds = Number(elementText(at(entry, field)) || 0);
      return seconds > 0 ? new Date(seconds * 1_000).toISOString() : undefined;
    };
    const [lastHit, firstHit] = [time('last-hit-timestamp'), time('first-hit-timestamp')];
    const hits = Number(elementText(at(entry, 'hit-count')) || 0);
    return [{ rule, hits, ...(lastHit !== undefined && { lastHit }), ...(firstHit !== undefined && { firstHit }) }];
  });
}
