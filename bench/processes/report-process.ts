import { LinesWithStates } from '../../src/audit/files/lines-with-states.ts';
import { snapshotAfter } from '../../src/core/model/snapshot-keeper.ts';
import { reportNow } from '../../src/inspect/report/gather.ts';
import { readRecord } from '../../src/inspect/report/record.ts';
import { reportCsv, reportJson } from '../../src/report/output/report-data.ts';
import { reportHtml } from '../../src/report/output/report-html.ts';
import { clusterOf, type Size } from '../worlds/cluster.ts';
import { peakMib } from './memory-use.ts';
import { argument, tell } from './parent.ts';

const formats = { html: reportHtml, csv: reportCsv, json: reportJson } as const;
const asked = argument() as { readonly directory: string; readonly format: keyof typeof formats; readonly size: Size };

const changes = clusterOf(asked.size);
const [began, processor] = [performance.now(), process.cpuUsage()];
const records = await readRecord(new LinesWithStates(asked.directory), { verify: false });
const at = new Date().toISOString();
const made = { at, about: at, version: '', from: 'cluster', inputs: [], record: asked.directory, live: false } as const;
const intent = { snapshot: snapshotAfter(changes), problems: [], cluster: 'bench' };
const report = await reportNow(intent, { made, records, sessions: undefined, point: undefined });
let bytes = 0;
for (const piece of formats[asked.format](report)) bytes += piece.length;
const { user, system } = process.cpuUsage(processor);
const [only] = report.points;
if (only?.live !== only?.rules) throw new Error(`of ${only?.rules} rules ${only?.live} are in force`);
tell({
  rules: report.rules.length,
  seconds: (performance.now() - began) / 1_000,
  processor: (user + system) / 1e6,
  mib: peakMib(),
  megabytes: bytes / 1e6,
});
