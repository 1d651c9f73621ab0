import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Importer } from '../src/import/importer.ts';
import { parseObject } from '../src/api/parse.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import { importCalicoPolicies } from '../src/import/calico/calico.ts';
import { importCiliumPolicies } from '../src/import/cilium/cilium.ts';
import { readAnyKind } from '../src/kube/manifests/read-any-kind.ts';
import { readManifests } from '../src/kube/manifests/read-files.ts';
import { evaluator } from '../src/verify/perimeter/desired.ts';
import { aPoint } from './kit/builders.ts';

/*
 * Small clusters whose flows the plugins' own code has judged (../shared/cni): what is imported of them permits nothing
 * to the outside that the plugin stops.
 */

const folder = '../shared/cni/worlds';
const there = existsSync(folder);
const importers: Readonly<Record<string, Importer>> = { cilium: importCiliumPolicies, calico: importCalicoPolicies };
const worlds = (there ? readdirSync(folder) : []).flatMap((name) => {
  const importer = importers[name.split('-')[1] ?? ''];
  return importer === undefined ? [] : [{ name, importer }];
});

const flowsSchema = z.array(
  z.object({
    from: z.string(),
    to: z.object({ ip: z.string(), host: z.string().optional() }),
    port: z.int(),
    protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP']),
    verdict: z.enum(['allow', 'deny', 'differs']),
  }),
);

const nothing = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array());

async function permittedOf({ name, importer }: (typeof worlds)[number]) {
  const files = [join(folder, name, 'objects.yaml')];
  const { snapshot } = await readManifests(files, nothing);
  const { objects: values } = await readAnyKind(files, nothing);
  const { objects } = importer(
    values.map(({ value }) => value),
    { home: '', point: '' },
  );
  const parsed = objects.map((object) => {
    const read = parseObject(object);
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    return read.object;
  });
  const compiler = new Compiler();
  const own = {
    ...{ ...snapshot, enforcementPoints: [aPoint()] },
    egressPolicies: parsed.filter((object) => object.kind === 'EgressPolicy'),
    clusterEgressPolicies: parsed.filter((object) => object.kind === 'ClusterEgressPolicy'),
  };
  compiler.apply(toChanges(own), '2026-06-01T00:00:00Z');
  const decide = evaluator(compiler.desired('edge')!);
  const addressOf = (from: string) =>
    snapshot.pods.find((pod) => `${pod.namespace}/${pod.name}` === from)?.addresses[0] ?? '';
  return flowsSchema
    .parse(JSON.parse(readFileSync(join(folder, name, 'flows.json'), 'utf8')))
    .filter(({ to: { ip } }) => !/^(?:10\.|172\.18\.)/.test(ip))
    .flatMap(({ from, to, port, protocol, verdict }) => {
      if (protocol !== 'TCP' && protocol !== 'UDP') return [];
      const flow = { src: addressOf(from), dst: to.ip, port, protocol, ...(to.host && { host: to.host }) };
      return [{ world: name, from, to, port, verdict, isPermitted: decide(flow).action === 'Accept' }];
    });
}

describe.skipIf(!there)('the import of what a plugin judges itself', () => {
  it('permits nothing that it stops, and something', async () => {
    const flows = (await Promise.all(worlds.map(permittedOf))).flat();
    expect(flows.filter(({ isPermitted, verdict }) => isPermitted && verdict === 'deny')).toEqual([]);
    expect(flows.filter(({ isPermitted }) => isPermitted).length).toBeGreaterThan(30);
    expect(flows.filter(({ verdict }) => verdict === 'deny').length).toBeGreaterThan(80);
  });
});
