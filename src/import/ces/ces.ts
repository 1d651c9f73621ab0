import { parseObject } from '../../api/parse.ts';
import type { Problem } from '../../api/problem.ts';
import { byKindAndName, carried } from '../documents.ts';
import { lost } from '../outcome.ts';
import { settle } from './conflicts.ts';
import { readDestination } from './destination.ts';
import { kindsNotRead, type Finding, type Imported, type ImportOptions, type Written } from '../importer.ts';
import { about, differing, type Subject } from './finding.ts';
import { readCes } from './read.ts';
import { versions } from './shapes.ts';
import { readRules, type CesRule } from './rules.ts';
import { clusterNetworksOf } from './namespace-source.ts';
import { podsByNamespace } from './pods.ts';
import { writeClusterPolicy, writePoint, writePolicy, writeService } from './write.ts';

/**
 * Turns the objects of F5 Container Egress Services into ours. It permits no destination that CES permits in no order of
 * arrival; a rule whose pods CES could not determine comes into force for the pods that it names. Every difference has
 * its line in the report.
 *
 * @param values objects as `kubectl` prints them, those of other kinds too
 */
export function importCes(values: readonly unknown[], { home, point }: ImportOptions): Imported {
  const { cluster, findings } = readCes(values);
  const services = cluster.ExternalService.map((service) => ({ service, ...readDestination(service) }));
  const catalogue = {
    home,
    services: new Map(services.map((one) => [`${one.service.metadata.namespace}/${one.service.metadata.name}`, one])),
  };
  const pods = podsByNamespace(cluster);
  const read = readRules(cluster, catalogue, pods);
  const settled = settle(read.rules);
  const written = [
    ...services.flatMap(({ service, permitted }) => {
      const { namespace, name } = service.metadata;
      return permitted === undefined ? [] : [{ from: service, object: writeService(namespace, name, home, permitted) }];
    }),
    ...writeClusterRules(settled.rules),
    ...writeNamespacedRules(settled.rules),
  ].map(withoutRefused);
  const inputs = new Set(written.flatMap(({ from, object }) => (object === undefined ? [] : from.input)));
  const report = [
    ...findings,
    ...services.flatMap((each) => each.findings),
    ...read.differences.map((one) => differing(one.of, one.differing, inputs.has(one.of.input))),
    ...read.findings,
    ...settled.findings,
    ...written.map(outcomeOf),
    ...kindsNotRead(values, kindsRead),
    podsOnly,
    unfinished(point),
  ];
  const objects = [
    ...written.flatMap(({ object }) => object ?? []).sort(byKindAndName),
    writePoint(point, clusterNetworksOf(cluster, pods)),
  ];
  return { objects, report: report.sort(byInput) };
}

const kindsRead = Object.entries(versions).map(([kind, version]) =>
  version.includes('/') ? `${version.split('/')[0]}/${kind}` : kind,
);

interface WrittenFrom {
  readonly from: Subject;
  /** Undefined: there is more in it than an object of ours may say. */
  readonly object: Written | undefined;
  /** Why our kinds do not take the object. */
  readonly refused?: Problem | undefined;
}

function withoutRefused(written: WrittenFrom): WrittenFrom {
  const parsed = written.object && parseObject(written.object);
  if (parsed === undefined || !('problems' in parsed)) return written;
  return { ...written, object: undefined, refused: parsed.problems[0] };
}

function writeClusterRules(rules: readonly CesRule[]): readonly WrittenFrom[] {
  const own = rules.filter(({ scope }) => scope === 'cluster');
  const from = { Deny: 100, Accept: 500 } as const;
  return (['Deny', 'Accept'] as const).flatMap((effect) =>
    own
      .filter((rule) => rule.effect === effect && leadsSomewhere(rule))
      .map((rule, index) => ({
        from: rule,
        object: writeClusterPolicy(rule, Math.min(from[effect] + index, from[effect] + 399)),
      })),
  );
}

function writeNamespacedRules(rules: readonly CesRule[]): readonly WrittenFrom[] {
  return rules
    .filter((rule) => rule.scope !== 'cluster' && rule.effect !== 'Pass' && leadsSomewhere(rule))
    .map((rule) => ({ from: rule, object: writePolicy(rule) }));
}

function leadsSomewhere({ effect, entries }: CesRule): boolean {
  return entries.some(({ destination }) => effect === 'Accept' || destination.networks.length > 0);
}

function outcomeOf({ from, object, refused }: WrittenFrom): Finding {
  if (refused !== undefined)
    return about(from, lost('', 'not-expressible', `cannot be said here (${refused.field}): ${refused.message}`));
  if (object !== undefined) return about(from, carried(object));
  const message = 'it names more than one policy may: split it, and import again';
  return about(from, lost('spec.externalServices', 'too-many-destinations', message));
}

const podsOnly: Finding = {
  effect: 'unsafe',
  severity: 'info',
  subject: 'all rules',
  field: '',
  code: 'pods-only',
  message:
    'CES permits the whole network of a namespace, and with a ClusterEgressRule everything behind the BIG-IP; Postern permits only the pods',
};

function unfinished(point: string): Finding {
  return {
    effect: 'changed',
    severity: 'info',
    subject: `EnforcementPoint/${point}`,
    field: 'spec.config',
    code: 'point-unfinished',
    message:
      'ces-conf.yaml is not read: write the address of the BIG-IP and the Secret with its credentials; mode Observe touches nothing until it says Enforce',
  };
}

function byInput(a: Finding, b: Finding): number {
  return (a.input ?? Number.MAX_SAFE_INTEGER) - (b.input ?? Number.MAX_SAFE_INTEGER);
}
