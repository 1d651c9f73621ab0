import type { DesiredState } from '../../core/model/desired.ts';
import type { DeviceTable } from '../../core/model/table.ts';
import { evaluator, type Decision, type Flow } from './desired.ts';

/** What a device does with flows, asked one after the other; the decision names the device's own rule. */
export function readTable({ rules, fallback }: DeviceTable): (flow: Flow) => Decision {
  const sets = new Map<readonly string[], string>();
  const idOf = (sources: readonly string[]): string => {
    const id = sets.get(sources) ?? `${sets.size}`;
    sets.set(sources, id);
    return id;
  };
  const stated: DesiredState = {
    point: '',
    defaultAction: fallback,
    rules: rules.map(({ name, action, sources, destination, ports }) => {
      return { id: name, action, sources: [idOf(sources)], destination, ports, log: false, origin };
    }),
    groups: [...sets].map(([members, id]) => ({ id, role: 'Accept', title: '', members })),
  };
  return evaluator(stated);
}

/** Where a device's rule comes from is not its to say. */
const origin = {
  kind: 'EnforcementPoint',
  namespace: '',
  name: '',
  uid: '',
  generation: 0,
  tier: 'Default',
  field: '',
} as const;
