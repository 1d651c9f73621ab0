import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serve } from '../../bench/served.ts';
import { podOf } from '../../bench/worlds/cluster.ts';
import { podWriter } from '../../bench/worlds/pod-text.ts';
import { skipped } from '../kit/skipped.ts';
import { run } from './programs.ts';

/*
 * What the benchmarks read is what an API server writes: client-go's own reflector (client-go/main.go, which
 * client-go/install builds) follows the benchmark's server by lists and by watches, in JSON and in protobuf, and understands
 * the same pods.
 */

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const follower = join(process.env['MESH_ENGINE'] ?? join(cache, 'postern-ci', 'mesh'), 'client-go');
const cluster = { pods: 120, namespaces: 7, policies: 0, points: 0 } as const;

const why = `${follower} is not there (test/judges/client-go/install DIR builds it)`;
const hasClientGo = existsSync(follower) || skipped(`client-go cannot judge the pods of the benchmarks: ${why}.`);

describe.runIf(hasClientGo).each(['plain', 'istio'] as const)('the pods of the benchmarks, %s', (profile) => {
  const write = podWriter(profile);
  const texts = Array.from({ length: cluster.pods }, (_, index) => write(podOf(index, cluster.namespaces), 1 + index));
  const written = texts.map((text) => withoutNull(JSON.parse(text) as Named));

  it.each([
    ['in JSON, listed', 'json', false],
    ['in JSON, as the beginning of a watch', 'json', true],
    ['in protobuf, listed', 'protobuf', false],
    ['in protobuf, as the beginning of a watch', 'protobuf', true],
  ])('are followed by client-go as they were written: %s', async (_, encoding, streamsLists) => {
    const { port, process: server } = await serve({ ...cluster, profile, streamsLists, protobuf: true });
    const { out, err } = await run(follower, [String(port), encoding]).finally(() => server.stop());
    expect(err).toBe('');
    const understood = (JSON.parse(out) as readonly Named[]).map(withoutType);
    expect(sorted(understood)).toEqual(sorted(written));
  });
});

interface Named {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly [field: string]: unknown;
}

function sorted(pods: readonly Named[]): readonly Named[] {
  const key = ({ metadata }: Named): string => `${metadata.namespace}/${metadata.name}`;
  return [...pods].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Lists say the kind once, and watches with each object. */
function withoutType({ kind: _kind, apiVersion: _version, ...pod }: Named): Named {
  return withoutNull(pod);
}

/** JSON says `null` for a time that is not set, and so does what does not know it. */
function withoutNull(pod: Named): Named {
  return JSON.parse(JSON.stringify(pod, (_, value: unknown) => value ?? undefined)) as Named;
}
