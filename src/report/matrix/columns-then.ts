import { compareText } from '../../api/problem.ts';
import type { AuditRule } from '../../core/audit/record.ts';
import { addressIntervals, everyAddress, portIntervals } from '../../verify/flows/intervals.ts';
import type { Target } from '../../verify/flows/flow-set.ts';
import { portsOnRecord } from '../record/ports-on-record.ts';
import type { Column } from './columns.ts';

/**
 * Every name and network that rules on record are about, on every port that stands with it. Which ExternalService it came
 * from is on no record.
 */
export function columnsThen(rules: Iterable<Pick<AuditRule, 'destination' | 'ports'>>): readonly Column[] {
  const found = new Map<string, Column>();
  for (const { destination, ports } of rules) {
    for (const [name, targets] of targetsOf(destination))
      for (const column of onPorts(name, targets, ports))
        found.set(`${column.destination} ${column.protocol} ${column.port}`, column);
  }
  return [...found].sort(([a], [b]) => compareText(a, b)).map(([, column]) => column);
}

function targetsOf({
  any,
  names,
  networks,
}: AuditRule['destination']): readonly (readonly [string, readonly Target[]])[] {
  if (any) return [['any', [{ addresses: everyAddress }]]];
  return [
    ...names.map((name) => [name, [{ name, except: [] }]] as const),
    ...networks.map((network) => [network, [{ addresses: addressIntervals([network]) }]] as const),
  ];
}

function onPorts(destination: string, targets: readonly Target[], text: string): readonly Column[] {
  const ports = portsOnRecord(text);
  const flows = (chosen: typeof ports): Column['flows'] => targets.map((to) => ({ to, ports: portIntervals(chosen) }));
  if (ports.length === 0) return [{ destination, port: 'any', protocol: 'any', flows: flows([]) }];
  return ports.map((one) => {
    const { port, endPort = port, protocol } = one;
    return { destination, port: endPort === port ? port : `${port}-${endPort}`, protocol, flows: flows([one]) };
  });
}
