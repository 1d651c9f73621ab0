import { Option, type Command } from 'commander';
import { asText, onePoint, output, wholeNumber, type Run } from '../options/options.ts';

/** The commands that look at the audit record. */
export function addAuditCommands(program: Command, run: Run): void {
  const audit = program
    .command('audit')
    .description('the record of every write to the firewalls: when, why, for which policy, and its outcome');

  withRecord(audit.command('tail'))
    .description('the last writes')
    .option('-n, --number <count>', 'how many', wholeNumber(1, 999_999), 20)
    .option('--since <time>', 'only later entries: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago')
    .addOption(output('text', 'json', 'csv'))
    .action(run(async () => (await import('./audit.ts')).auditTail));

  withRecord(audit.command('verify'))
    .description('check that nothing was edited, dropped, reordered, repeated or cut; exit code 1 if anything was')
    .option('--expect <hash...>', 'earlier final hashes of the record; each must still be in it')
    .addOption(output(...asText))
    .action(run(async () => (await import('./audit.ts')).auditVerify));

  withRecord(audit.command('export'))
    .description('every write with its outcome and when reading the device confirmed it')
    .option('--since <time>', 'only later entries: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago')
    .addOption(output('json', 'csv', 'text'))
    .action(run(async () => (await import('./audit.ts')).auditExport));
}

function withRecord(command: Command): Command {
  return command
    .option('--audit-dir <dir>', 'directory of the record; or POSTERN_AUDIT_DIR; absent: ./postern-audit')
    .addOption(new Option('--dir <dir>', 'its previous name').hideHelp())
    .option(...onePoint);
}
