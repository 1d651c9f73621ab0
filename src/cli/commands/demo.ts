import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapters, simulators } from '../../../adapters/index.ts';
import { readManifests } from '../../kube/manifests/read.ts';
import { systemClock } from '../clock.ts';
import { demo } from '../demo/demo.ts';
import { exitCodes, painter, UsageError, type ExitCode, type Io } from '../io.ts';

/** The day of the example company behind a simulated FortiGate. Succeeds only if not one packet differs from the intent. */
export async function runDemo({ fast = false }: { readonly fast?: boolean }, io: Io): Promise<ExitCode> {
  const { snapshot } = await readManifests([companyDirectory()], io.readStdin);
  const start = await simulators['fortigate']?.();
  if (start === undefined) throw new UsageError('this build has no FortiGate simulator');
  const firewall = await start({ port: 0, version: '7.6' });
  try {
    const { flows, mismatches } = await demo({
      company: snapshot,
      firewall,
      adapters: async (kind) => adapters[kind]?.(),
      clock: systemClock,
      write: (line) => io.out.write(`${line}\n`),
      paint: painter(io.out, io.environment),
      pauseMs: fast ? 0 : 1_500,
    });
    io.out.write(`proof: ${flows} flows checked, ${mismatches.length} mismatches\n`);
    return mismatches.length === 0 ? exitCodes.ok : exitCodes.error;
  } finally {
    await firewall.close();
  }
}

/** The example comes with the package, beside the code, bundled or not. */
function companyDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'examples', 'company'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new UsageError('the folder examples/company is missing from this installation');
    directory = parent;
  }
  return join(directory, 'examples', 'company');
}
