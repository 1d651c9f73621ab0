import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { skipped } from '../kit/skipped.ts';

/*
 * The real Suricata, with a driver that plays whole conversations through it, is beside this repository in ../shared/suricata.
 */

const folder = resolve('../shared/suricata');

/** Where the engine is; undefined: it is not to be had here, which is said, and is a failure in CI. */
export function installedEngine(): string | undefined {
  const engine = process.env['SURICATA'] ?? join(tmpdir(), 'postern-suricata-7');
  const isThere = existsSync(join(folder, 'judge'));
  if (isThere && !existsSync(engine)) spawnSync(join(folder, 'install'), [engine], { timeout: 300_000 });
  if (isThere && existsSync(engine)) return engine;
  const why = isThere ? 'it could not be installed' : `${folder} is not there`;
  skipped(`The real Suricata cannot judge the rules: ${why}.`);
  return undefined;
}

/** One conversation: `sni` is TLS, or QUIC over UDP, and null TLS without a name; `host` is HTTP, neither is plain bytes. */
export interface Conversation {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly port: number;
  readonly proto: 'tcp' | 'udp';
  readonly sni?: string | null;
  readonly host?: string;
  /** What is special about the client's first message; `pq`: a key share that makes it two segments long. */
  readonly hello?: readonly ('grease' | 'ech' | 'pq')[];
  /** Where it is cut into segments. */
  readonly split?: readonly number[];
}

export interface EngineVerdict {
  readonly id: string;
  readonly verdict: 'pass' | 'drop';
  readonly sid?: number;
  readonly by?: string;
}

export interface RuleSet {
  /** Text of the rule groups, in the order of their priorities. */
  readonly groups: readonly string[];
  /** What each reference holds. */
  readonly references: Readonly<Record<string, readonly string[]>>;
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

/** What the engine does with each conversation; a text: why it refused the rules. */
export async function judge(
  engine: string,
  { groups, references, variables }: RuleSet,
  flows: readonly Conversation[],
): Promise<readonly EngineVerdict[] | string> {
  const home = await mkdtemp(join(tmpdir(), 'suricata-'));
  try {
    const files = await Promise.all(
      groups.map(async (text, at) => {
        const file = join(home, `${at}.rules`);
        await writeFile(file, text);
        return file;
      }),
    );
    const sets = { IPSets: { HOME_NET: ['10.0.0.0/8'], ...variables }, IPSetReferences: references };
    const setsFile = join(home, 'sets.json');
    await writeFile(setsFile, JSON.stringify(sets));
    const conversations = join(home, 'flows.jsonl');
    await writeFile(conversations, flows.map((flow) => JSON.stringify(flow)).join('\n'));
    const rules = files.flatMap((file) => ['--rules', file]);
    const ran = spawnSync(
      join(folder, 'judge'),
      ['--engine', engine, ...rules, '--variables', setsFile, conversations],
      { encoding: 'utf8', timeout: 120_000, maxBuffer: 64 << 20 },
    );
    if (ran.status !== 0) return `${ran.status ?? 'killed'}: ${ran.stderr.slice(-2_000)}`;
    return ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EngineVerdict);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
