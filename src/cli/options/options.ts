import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExitCode } from '../io.ts';
import { logFormats, logLevels } from '../../log/options.ts';

/*
 * The options that several commands have in common: one wording each.
 */

/** Carries out a command whose code is loaded only now: called with its arguments, its options, and an `Io`. */
export type Run = (
  load: () => Promise<(...given: never[]) => Promise<ExitCode>>,
) => (...given: unknown[]) => Promise<void>;

type Flag = readonly [flags: string, description: string];

export const files: Flag = [
  '-f, --filename <path...>',
  "files, directories and - for standard input: Postern's kinds and the output of `kubectl get -o yaml`, in any mix",
];
export const onePoint: Flag = ['--point <name>', 'this enforcement point alone'];
export const clusterId: Flag = ['--cluster <id>', 'name of this cluster in every mark on a device, or POSTERN_CLUSTER'];
export const secretsDir: Flag = [
  '--secrets-dir <dir>',
  'credentials as files, <dir>/<secret>/<key>; absent: Secrets of the namespace in POSTERN_NAMESPACE',
];
const redisUrl: Flag = ['--redis <url>', 'redis[s]://, redis[s]+sentinel:// or redis[s]+cluster://; or REDIS_URL'];
const redisCa: Flag = [
  '--redis-ca <file>',
  'authority of the certificates of Redis and its Sentinels, PEM; or REDIS_CA_FILE',
];
const redisCert: Flag = ['--redis-cert <file>', 'client certificate for Redis, PEM; or REDIS_CERT_FILE'];
const redisKey: Flag = ['--redis-key <file>', 'its key, PEM; or REDIS_KEY_FILE'];
const redisServerName: Flag = [
  '--redis-server-name <name>',
  'name in the certificate of Redis, if not its host; or REDIS_SERVER_NAME',
];
export const auditDir: Flag = [
  '--audit-dir <dir>',
  'where the audit record is kept; or POSTERN_AUDIT_DIR; absent: ./postern-audit',
];

/** How long it is kept which pod had which address. */
export function withAddressRecord(command: Command): Command {
  return command.option(
    '--address-days <days>',
    'how long to keep the record of pod addresses for `postern who`, beside the audit record; 0: not at all',
    wholeNumber(0, 9_999),
    366,
  );
}

export function output(...formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'output format').choices(formats).default(formats[0]);
}

/** For what a person reads as text: for programs the same document in either. */
export const asText = ['text', 'json', 'yaml'] as const;

export function withKubeconfig(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'path of the kubeconfig; absent: as kubectl finds it, or the service account of the pod',
    )
    .option('--context <name>', 'context of the kubeconfig');
}

export function withListen(command: Command): Command {
  return command.option(
    '--listen <address>',
    'serve /metrics, /healthz and /readyz at PORT (of this machine alone) or HOST:PORT; or POSTERN_LISTEN',
  );
}

export function withRedis(command: Command): Command {
  for (const flag of [redisUrl, redisCa, redisCert, redisKey, redisServerName]) command.option(...flag);
  return command;
}

export function withConsole(command: Command): Command {
  return withListen(command).option('--console', 'also serve the read-only console at /console/ (see docs/console.md)');
}

export function withLog(command: Command): Command {
  return command
    .addOption(
      new Option('--log-format <format>', 'lines of JSON, or text for people').choices(logFormats).default('json'),
    )
    .addOption(new Option('--log-level <level>', 'lowest level that is logged').choices(logLevels).default('info'));
}

export function withPodGate(command: Command): Command {
  return command
    .option('--pod-gate', 'manage the readiness gate postern.dev/perimeter of pods; needs patch on pods/status')
    .addOption(
      new Option('--pod-gate-timeout <duration>', 'how long a pod with that gate may wait, 500ms, 60s or 2m')
        .argParser(duration)
        .default(60_000, '60s'),
    )
    .addOption(
      new Option(
        '--pod-gate-on-timeout <action>',
        'after the timeout: Open lets the pod become ready, Closed keeps it waiting',
      )
        .choices(['Open', 'Closed'])
        .default('Closed'),
    );
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Milliseconds. */
export function duration(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const factor = unitsMs[unit];
  if (factor === undefined) throw new InvalidArgumentError('This must be a number with its unit: 500ms, 60s, 2m.');
  return Number(number) * factor;
}

/** `8h` or `90d` as milliseconds. */
export function lifetime(text: string): number {
  const [, number, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('This must be a number of hours or days: 8h, 90d.');
  return Number(number) * (unit === 'h' ? 3_600_000 : 86_400_000);
}

/** `+02:00` as milliseconds. */
export function utcOffset(text: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  if (sign === undefined) throw new InvalidArgumentError('This must be an offset from UTC such as +02:00.');
  return (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
}

/** `24` or `24,64`: bits of IPv4 networks, and of IPv6 ones. */
export function prefixes(text: string): { readonly 4?: number; readonly 6?: number } {
  const [four = '', six] = text.split(',');
  return { 4: wholeNumber(0, 32)(four), ...(six !== undefined && { 6: wholeNumber(0, 128)(six) }) };
}

/** The name of an object, as the API server admits it. */
export function objectName(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('This must be up to 63 lower-case letters, digits and inner hyphens.');
}

/** Reads a whole number within these bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`This must be a whole number from ${least} to ${most}.`);
  };
}
