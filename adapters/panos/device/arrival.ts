import { isObject } from '../../../kit/common/api/json.ts';
import { at, elementsIn } from '../../../kit/common/api/xml.ts';
import { ourSubject } from '../../../kit/common/ownership/marks.ts';
import { sameJson, type Json } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { entrySpec, pushResources } from '../objects/entries.ts';
import { rowOf, tables, type Row, type Tables } from './tables.ts';
import type { Panos } from './device.ts';
import { onFirewall } from './paths.ts';

const whereInPolicy = [['pre-rulebase', 'security', 'rules'], ['address-group'], ['address'], ['service']] as const;

/** Is what the firewall has got of ours what the Panorama has in force? Changes that others have not pushed yet do not count. */
export async function arrival(device: Panos, committed: Tables): Promise<readonly Resource[]> {
  const { ask, config } = device;
  if (config.panorama === undefined) return [];
  const cmd = { show: { config: { 'pushed-shared-policy': { vsys: config.vsys } } } };
  const answer = await ask({ type: 'op', what: 'show pushed policy', reads: true, cmd, options: onFirewall(config) });
  const policy = at(answer, 'result', 'policy', 'panorama');
  const arrived = whereInPolicy.map((path) =>
    elementsIn(at(policy, ...path, 'entry'))
      .filter(isObject)
      .map(rowOf),
  );
  const isThere = tables.every((_, index) => sameJson(ours(device, arrived, index), ours(device, committed, index)));
  return pushResources(config, isThere);
}

/** Of rules the order counts. */
function ours({ owner }: Panos, all: Tables, index: number): Json {
  const own = (all[index] ?? []).filter(({ mark }) => ourSubject(owner, mark) !== undefined);
  const sorted = index === 0 ? own : own.toSorted(byName);
  return sorted.map(({ name, entry }) => ({ name, spec: entrySpec(entry) }));
}

function byName(a: Row, b: Row): number {
  return a.name < b.name ? -1 : 1;
}
