import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/*
 * istiod's own translation and a stock Envoy, with packets between network namespaces: what builds them and plays flows
 * through them is beside this repository in ../shared/mesh. The build takes minutes, so it is not started by a test.
 */

const folder = resolve('../shared/mesh');
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');

/** Where the engine is; undefined: it is not to be had here, which is said, and is a failure where CI has installed it. */
export function installedMesh(): string | undefined {
  const engine = process.env['MESH_ENGINE'] ?? join(cache, 'postern-ci', 'mesh');
  const isThere = existsSync(join(folder, 'judge')) && existsSync(join(engine, 'istiod'));
  if (isThere && process.getuid?.() === 0) return engine;
  const why = isThere
    ? 'network namespaces need root'
    : `${engine} is not there (../shared/mesh/install DIR builds it)`;
  if (process.env['CI'] === 'true') throw new Error(`The real istiod and Envoy cannot judge the mesh: ${why}.`);
  console.warn(`SKIPPED: the real istiod and Envoy as judges of the mesh: ${why}.`);
  return undefined;
}

/** One connection, in the words of ../shared/mesh/README.md. */
export interface PlayedFlow {
  readonly id: string;
  /** `namespace/pod`. */
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly how: 'tls' | 'http' | 'tcp' | 'mtls' | 'hbone';
  readonly sni?: string | null;
  readonly host?: string;
  readonly at?: string;
  readonly as?: 'app' | 'proxy';
  readonly certificate?: string;
  readonly inner?: object;
  readonly wait?: number;
}

export interface PlayedVerdict {
  readonly id: string;
  readonly verdict: 'reached' | 'refused';
  /** The proxy that refused, and why. */
  readonly by?: string;
  /** The pod whose address the outside saw; `direct`: that of the client. */
  readonly via?: string;
  readonly server?: string;
  readonly server_port?: number;
  readonly tls?: boolean;
}

export interface Played {
  readonly verdicts: ReadonlyMap<string, PlayedVerdict>;
  /** What istiod or a proxy refused to take, a line each; empty: all of it was taken. */
  readonly refusals: readonly string[];
}

export interface MeshSettings {
  /** Domain of the cluster; absent: cluster.local. */
  readonly domain?: string;
  /** Settings of istiod: `NAME=VALUE`. */
  readonly env?: readonly string[];
}

/** Puts the objects up as a mesh and plays the flows through it. */
export async function playMesh(
  engine: string,
  objects: readonly object[],
  flows: readonly PlayedFlow[],
  { domain, env = [] }: MeshSettings = {},
): Promise<Played> {
  const home = await mkdtemp(join(tmpdir(), 'mesh-'));
  try {
    const [world, asked] = [join(home, 'world.json'), join(home, 'flows.jsonl')];
    await writeFile(world, JSON.stringify(objects));
    await writeFile(asked, flows.map((flow) => JSON.stringify({ wait: 2_000, ...flow })).join('\n'));
    const options = [...(domain === undefined ? [] : ['--domain', domain]), ...env.flatMap((one) => ['--env', one])];
    const args = ['--tools', engine, '--quiet', '--world', world, ...options, asked];
    const { code, out, err } = await run(join(folder, 'judge'), args);
    if (code !== 0 && code !== 2) throw new Error(`The mesh could not be put up: ${err.slice(-2_000)}`);
    const verdicts = out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as PlayedVerdict);
    const refusals = code === 2 ? err.split('\n').filter(Boolean) : [];
    return { verdicts: new Map(verdicts.map((one) => [one.id, one])), refusals };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    child.on('error', failed);
    child.on('close', (code) => done({ code, out: out.join(''), err: err.join('') }));
  });
}
