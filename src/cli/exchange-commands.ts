import { Option, type Command } from 'commander';
import type { ImportOptions } from './inspect/import.ts';
import type { RenderOptions } from './inspect/render.ts';
import type { ExitCode, Io } from './io.ts';

const files = ['-f, --filename <path...>', 'files, directories and - for standard input'] as const;

/** The commands between us and others: their objects into ours, and our desired state into their formats. */
export function addExchangeCommands(program: Command, end: (code: ExitCode) => void, io: Io): void {
  program
    .command('import')
    .description(
      "another product's policy objects as ours, with a report of what that changes; exit code 1 if anything was lost",
    )
    .argument('<from>', 'ces: F5 Container Egress Services, the kinds of kubeovn.io/v1alpha1')
    .requiredOption(...files)
    .option('--ces-namespace <name>', 'where CES runs and finds what ClusterEgressRules name', 'kube-system')
    .option('--point <name>', 'name for the EnforcementPoint, which only observes', 'big-ip')
    .option('--output-dir <dir>', 'write one file for each kind there, instead of printing YAML')
    .addOption(
      new Option('-o, --output <format>', 'yaml, or the objects and the report as json')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .action(async (from: string, options: ImportOptions) => {
      end(await (await import('./inspect/import.ts')).importFrom(from, options, io));
    });

  program
    .command('render')
    .description('what an enforcement point should enforce, in a format of its adapter; asks no device')
    .requiredOption(...files)
    .requiredOption('--point <name>', 'the enforcement point')
    .option(
      '--format <name>',
      'resources (JSON), or a format of the adapter: as3 (f5-afm), yaml (in-mesh)',
      'resources',
    )
    .option('--cluster <id>', 'name of this cluster in every mark on a device', io.environment.cluster ?? 'manifests')
    .action(async (options: RenderOptions) => {
      end(await (await import('./inspect/render.ts')).render(options, io));
    });
}
