import type { Command } from 'commander';
import { asText, files, lifetime, output, wholeNumber, withKubeconfig, type Run } from '../options/options.ts';

const generation = [
  '--generation <number>',
  'the generation that you have reviewed',
  wholeNumber(1, 999_999_999),
] as const;

/** The commands by which people decide about policies that go beyond what is delegated. */
export function addApprovalCommands(program: Command, run: Run): void {
  withKubeconfig(program.command('approvals'))
    .description('policies that go beyond a delegation: which wait, and which approvals are in force')
    .option(files[0], 'files, directories and - for standard input, instead of the cluster')
    .addOption(output(...asText))
    .action(run(async () => (await import('./approvals.ts')).approvals));

  withKubeconfig(program.command('approve'))
    .description('approve one generation of an EgressPolicy, in your own name')
    .argument('<policy>', 'namespace/name')
    .requiredOption(...generation)
    .option(
      '--digest <digits>',
      'its digest, as printed by `postern approvals`: labels and author can change within a generation',
    )
    .option('--until <time>', 'RFC 3339 time at which the approval ends')
    .option('--for <lifetime>', 'its lifetime instead of --until: 8h, 90d', lifetime)
    .option('--reason <text>', 'why, for the author and for auditors')
    .option(
      '--break-glass',
      'for an emergency: needs the right break-glass, lasts for hours, and is reported as a warning',
    )
    .action(run(async () => (await import('./approve.ts')).approve));

  withKubeconfig(program.command('deny'))
    .description('deny one generation of an EgressPolicy, in your own name; what was approved before stays in force')
    .argument('<policy>', 'namespace/name')
    .requiredOption(...generation)
    .option('--reason <text>', 'why, for the author and for auditors')
    .action(run(async () => (await import('./approve.ts')).deny));
}
