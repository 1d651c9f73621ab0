import { UsageError } from '../../core/model/usage-error.ts';
import { policiesOf } from '../../import/rulebase.ts';
import { liveDevices, openSessions } from '../../inspect/devices.ts';
import { readIntent } from '../../inspect/intent.ts';
import { choosePoints, eachPoint } from '../../inspect/points.ts';
import { coveredPods, tableOf } from '../../inspect/take-over.ts';
import { lazyObjects } from '../../kube/client/connect.ts';
import { writeData } from '../data.ts';
import { exitFor, writeProblems, type ExitCode, type Io } from '../io.ts';
import { reportText, writeFiles, yamlOf } from './import.ts';
import { takeOver, type TakeOptions } from '../run/take.ts';

export interface AdoptOptions extends TakeOptions {
  readonly outputDir?: string;
  /** Switch off what the adopted policies have made needless, instead of proposing policies. */
  readonly take?: true;
}

/** Rules of others on a firewall as policies of ours: objects on standard output, the report on the error stream. Without `take` the device is only read. */
export async function adopt(options: AdoptOptions, io: Io): Promise<ExitCode> {
  if (options.take && options.outputDir !== undefined)
    throw new UsageError('--output-dir cannot be combined with --take, which proposes no policies to write');
  if (options.take) return takeOver(options, io);
  if (options.yes) throw new UsageError('--yes goes with --take: without it nothing is written to the device');
  const intent = await readIntent(options, io);
  const points = choosePoints(intent, options.point);
  const sessions = openSessions(intent, io, { kubernetes: lazyObjects(options, io.signal) });
  const find = liveDevices(sessions);
  const { found, failures } = await eachPoint(points, async (point) => {
    const device = await find(point);
    const { rules } = tableOf(point, { ...device, observed: { ...device.observed, resources: [] } });
    return policiesOf({ point: point.metadata.name, rules, pods: coveredPods(point, intent) });
  }).finally(() => sessions.close());
  const problems = [...intent.problems, ...failures];
  const objects = found.flatMap((one) => one.objects);
  const report = found.flatMap((one) => one.report);
  const files = options.outputDir === undefined ? undefined : await writeFiles(objects, options.outputDir);
  if (options.output === 'json') writeData({ objects, report, problems }, 'json', io);
  else {
    writeProblems(problems, io);
    io.err.write(reportText(report, io));
    io.out.write(files === undefined ? yamlOf(objects) : `${files.join('\n')}\n`);
  }
  return exitFor([...problems, ...report]);
}
