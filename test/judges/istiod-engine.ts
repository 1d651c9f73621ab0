import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { skipped } from '../kit/skipped.ts';
import { speaksGatewayApi, translated } from './gateway-api.ts';
import { run } from './programs.ts';

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
  skipped(`The real istiod and Envoy cannot judge the mesh: ${why}.`);
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
  /** Where that was asked for: bytes of the listeners, clusters, routes and endpoints of each proxy, by `namespace/pod`. */
  readonly served: ReadonlyMap<string, number>;
}

export interface MeshSettings {
  /** Domain of the cluster; absent: cluster.local. */
  readonly domain?: string;
  /** Settings of istiod: `NAME=VALUE`. */
  readonly env?: readonly string[];
  /** Say what each proxy was served. */
  readonly measured?: boolean;
}

/** The mark of what istiod's controllers make, and the reason for which its webhook would refuse it. */
const madeByIstiod = 'internal.istio.io/parents';

/** Puts the objects up as a mesh and plays the flows through it. */
export async function playMesh(
  engine: string,
  asked: readonly object[],
  flows: readonly PlayedFlow[],
  { domain, env = [], measured = false }: MeshSettings = {},
): Promise<Played> {
  const given = asked as readonly KubernetesObject[];
  const isTranslated = speaksGatewayApi(given);
  const { objects, refusals: unwanted } = isTranslated
    ? await translated(engine, given)
    : { objects: asked, refusals: [] };
  const home = await mkdtemp(join(tmpdir(), 'mesh-'));
  try {
    const [world, played, kept] = [join(home, 'world.json'), join(home, 'flows.jsonl'), join(home, 'kept')];
    // Proxies have a user of their own.
    await chmod(home, 0o755);
    await writeFile(world, JSON.stringify(objects));
    await writeFile(played, flows.map((flow) => JSON.stringify({ wait: 2_000, ...flow })).join('\n'));
    const options = [...(domain === undefined ? [] : ['--domain', domain]), ...env.flatMap((one) => ['--env', one])];
    const args = [
      '--tools',
      engine,
      '--quiet',
      ...(measured ? ['--keep', kept] : []),
      // Users may not write what istiod makes of routes; what they may not write either is out already.
      ...(isTranslated ? ['--no-validation'] : []),
      '--world',
      world,
      ...options,
      played,
    ];
    const { code, out, err } = await run(join(folder, 'judge'), args);
    if (code !== 0 && code !== 2) throw new Error(`The mesh could not be put up: ${err.slice(-2_000)}`);
    const verdicts = out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as PlayedVerdict);
    const refusals = [...unwanted, ...(code === 2 ? err.split('\n') : [])].filter(
      (line) => line !== '' && !line.includes(madeByIstiod),
    );
    return {
      verdicts: new Map(verdicts.map((one) => [one.id, one])),
      refusals,
      served: await servedIn(kept, objects, measured),
    };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** `dump-1-NAMESPACE-POD.json`: which pod that is, the objects say, or it is the first of a Deployment. */
async function servedIn(
  folder: string,
  objects: readonly object[],
  measured: boolean,
): Promise<ReadonlyMap<string, number>> {
  const pods = (objects as readonly { kind: string; metadata: { name: string; namespace?: string } }[])
    .filter(({ kind }) => kind === 'Pod' || kind === 'Deployment')
    .map(({ kind, metadata: { name, namespace = '' } }) => `${namespace}/${name}${kind === 'Pod' ? '' : '-0'}`);
  const files = (measured ? await readdir(folder) : []).filter((name) => name.startsWith('dump-'));
  const sizes = files.map(async (file) => {
    const pod = pods.find((name) => file.replace(/^dump-\d+-/, '') === `${name.replace('/', '-')}.json`) ?? file;
    return [pod, bytesServed(JSON.parse(await readFile(join(folder, file), 'utf8')) as ConfigDump)] as const;
  });
  return new Map(await Promise.all(sizes));
}

/** `/config_dump` of Envoy: https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/config_dump.proto */
interface ConfigDump {
  readonly configs: readonly { readonly '@type': string }[];
}

/** Listeners, clusters, routes and endpoints; not secrets, whose certificates differ in length, nor when each arrived and as which version. */
function bytesServed({ configs }: ConfigDump): number {
  const served = configs.filter((one) => /\.(Listeners|Clusters|Routes|Endpoints)ConfigDump$/.test(one['@type']));
  const isOfTheMoment = (key: string): boolean => key === 'last_updated' || key === 'version_info';
  const text = JSON.stringify(served, (key, value: unknown) => (isOfTheMoment(key) ? undefined : value));
  return Buffer.byteLength(text);
}
