import { loadAdapter, simulators } from '../../../adapters/index.ts';
import { readManifests } from '../../kube/manifests/read-files.ts';
import { demo } from '../../demo/demo.ts';
import type { Firewall } from '../../demo/firewalls.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { exampleDirectory } from '../package-files.ts';

const side: readonly Maker[] = [
  { kind: 'fortigate', product: 'FortiGate', version: '7.6' },
  { kind: 'f5-afm', product: 'BIG-IP', version: '17.1.1' },
];
const more: readonly Maker[] = [
  { kind: 'panos', product: 'PAN-OS firewall', version: '11.2' },
  { kind: 'aws-network-firewall', product: 'AWS Network Firewall' },
  { kind: 'azure-firewall', product: 'Azure Firewall' },
  { kind: 'gcp-firewall', product: 'Google Cloud NGFW' },
];

interface Maker {
  readonly kind: string;
  readonly product: string;
  /** Absent: there is one only. */
  readonly version?: string;
}

interface DemoOptions {
  readonly fast?: boolean;
  readonly all?: boolean;
}

/**
 * The day of the example company behind a simulated FortiGate and a simulated BIG-IP, or behind perimeters of six kinds. Succeeds only
 * if not one packet differs from the intent at any of them.
 */
export async function runDemo({ fast = false, all = false }: DemoOptions, io: Io): Promise<ExitCode> {
  const { snapshot } = await readManifests([exampleDirectory('company')], io.readStdin);
  const firewalls: Firewall[] = [];
  try {
    for (const maker of all ? [...side, ...more] : side) firewalls.push(await start(maker));
    const tally = await demo({
      company: snapshot,
      firewalls,
      adapters: loadAdapter,
      clock: io.clock,
      write: (line) => io.out.write(`${line}\n`),
      paint: painter(io.out, io.environment),
      pauseMs: fast ? 0 : 1_500,
      temporaryAccessMs: all ? 20_000 : 1_000,
    });
    const { flows, mismatches } = tally.all;
    io.out.write(`proof: ${flows} flows checked, ${mismatches.length} mismatches\n`);
    return mismatches.length === 0 ? exitCodes.ok : exitCodes.error;
  } finally {
    await Promise.all(firewalls.map(({ device }) => device.close()));
  }
}

async function start({ kind, product, version }: Maker): Promise<Firewall> {
  const simulator = await simulators[kind]?.();
  if (simulator === undefined) throw new UsageError(`this build has no simulator of kind ${kind}`);
  const device = await simulator({ port: 0, prepared: true, ...(version !== undefined && { version }) });
  const title = version === undefined ? product : `${product} ${device.version.replace(/^v/, '')}`;
  return { point: kind, title, device };
}
