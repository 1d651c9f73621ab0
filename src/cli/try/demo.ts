import { loadAdapter, simulators } from '../../../adapters/index.ts';
import { readManifests } from '../../kube/manifests/read-files.ts';
import { demo } from '../../demo/demo.ts';
import type { Firewall } from '../../demo/firewalls.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { exampleDirectory } from '../package-files.ts';

/**
 * The day of the example company behind a simulated FortiGate and a simulated BIG-IP. Succeeds only if not one packet
 * differs from the intent at either.
 */
export async function runDemo({ fast = false }: { readonly fast?: boolean }, io: Io): Promise<ExitCode> {
  const { snapshot } = await readManifests([exampleDirectory('company')], io.readStdin);
  const firewalls: Firewall[] = [];
  try {
    firewalls.push(await start('fortigate', 'FortiGate', '7.6'), await start('f5-afm', 'BIG-IP', '17.1.1'));
    const { flows, mismatches } = await demo({
      company: snapshot,
      firewalls,
      adapters: loadAdapter,
      clock: io.clock,
      write: (line) => io.out.write(`${line}\n`),
      paint: painter(io.out, io.environment),
      pauseMs: fast ? 0 : 1_500,
    });
    io.out.write(`proof: ${flows} flows checked, ${mismatches} mismatches\n`);
    return mismatches === 0 ? exitCodes.ok : exitCodes.error;
  } finally {
    await Promise.all(firewalls.map(({ device }) => device.close()));
  }
}

async function start(kind: string, product: string, version: string): Promise<Firewall> {
  const simulator = await simulators[kind]?.();
  if (simulator === undefined) throw new UsageError(`this build has no simulator of kind ${kind}`);
  const device = await simulator({ port: 0, version, prepared: true });
  return { point: kind, title: `${product} ${device.version.replace(/^v/, '')}`, device };
}
