import { addressHoldersAt } from '../../src/inspect/who.ts';
import { peakMib } from './memory-use.ts';
import { argument, tell } from './parent.ts';

const { directory, address } = argument() as { readonly directory: string; readonly address: string };

const [began, processor] = [performance.now(), process.cpuUsage()];
const { points } = await addressHoldersAt(directory, address, Date.now());
const { user, system } = process.cpuUsage(processor);
tell({
  points: points.length,
  seconds: (performance.now() - began) / 1_000,
  processor: (user + system) / 1e6,
  mib: peakMib(),
});
