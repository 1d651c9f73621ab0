import type { Tables } from '../../adapters/memory/device.ts';
import { throughPorts } from '../../src/core/text/wording.ts';
import type { Report } from '../../src/report/report.ts';

/** A rule with everything that decides, as the device has it or as the report tells it. */
export interface TableRow {
  readonly name: string;
  readonly action: string;
  readonly sources: readonly string[];
  readonly to: readonly string[];
  readonly services: readonly string[];
}

/** What a simulated device has: ours is all there is. */
export function rowsOnDevice({ group, rule }: Tables): readonly TableRow[] {
  const members = new Map(group.map(({ name, members: own }) => [name, own]));
  return rule.map(({ name, action, sources, to, services }) => ({
    name,
    action,
    sources: distinct(sources.flatMap((source) => members.get(source) ?? [])),
    to: distinct(to),
    services: distinct(services),
  }));
}

/** What a report says that a device has. */
export function rowsInReport({ points, rules }: Report, point: string): readonly TableRow[] {
  const groups = new Map(
    points
      .filter(({ name }) => name === point)
      .flatMap((own) => own.groups.map((group) => [group.id, group.addresses] as const)),
  );
  return rules
    .filter((rule) => rule.point === point)
    .map((rule) => ({
      name: rule.deviceRules?.join(' ') ?? '',
      action: rule.action,
      sources: distinct(rule.sources.flatMap((id) => groups.get(id) ?? [])),
      to: rule.destination.any ? ['any'] : distinct([...rule.destination.names, ...rule.destination.networks]),
      services:
        rule.ports.length === 0
          ? ['any']
          : distinct(
              throughPorts(rule)
                .split(', ')
                .map((text) => text.replace(' ', '/')),
            ),
    }));
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
