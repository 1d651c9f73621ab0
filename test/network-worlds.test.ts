import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readManifests } from '../src/kube/manifests/read-files.ts';
import { meshIn } from '../src/kube/mesh/objects.ts';
import type { Wire } from '../src/verify/network/ends/ends.ts';
import { readNetwork } from '../src/verify/network/network.ts';
import type { NetworkAnswer } from '../src/verify/network/decide.ts';

/*
 * Small clusters with policies of Cilium, Calico, Antrea and the upstream API, whose flows the plugins' own code has
 * judged. The verdicts are beside this repository, in ../shared/cni.
 */

const folder = '../shared/cni/worlds';
const there = existsSync(folder);

const flowSchema = z.object({
  from: z.string(),
  to: z.object({ ip: z.string(), host: z.string().optional() }),
  port: z.int(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP']),
  verdict: z.enum(['allow', 'deny', 'differs']),
});
type Flow = z.output<typeof flowSchema>;

interface Judged extends Flow {
  readonly world: string;
  readonly answer: NetworkAnswer;
}

const said = { yes: 'allow', no: 'deny', unknown: 'unknown' } as const;

async function judgedIn(world: string): Promise<readonly Judged[]> {
  const { snapshot, foreignObjects, problems } = await readManifests([join(folder, world, 'objects.yaml')], () =>
    Promise.resolve(new Uint8Array()),
  );
  expect(problems, world).toEqual([]);
  const flows = z.array(flowSchema).parse(JSON.parse(readFileSync(join(folder, world, 'flows.json'), 'utf8')));
  const names = (ip: string): readonly string[] => flows.flatMap(({ to }) => (to.ip === ip ? (to.host ?? []) : []));
  const mesh = meshIn({ objects: foreignObjects }, snapshot);
  if (mesh === undefined)
    return flows.map((flow) => ({ ...flow, world, answer: { allowed: 'yes', object: '', reason: 'no policies' } }));
  const network = readNetwork(mesh.network);
  return flows.map((flow) => {
    const { from, to, port, protocol } = flow;
    const pod = snapshot.pods.find(({ namespace, name }) => `${namespace}/${name}` === from);
    if (pod === undefined) throw new Error(`${world}: there is no pod ${from}`);
    const wire: Wire = { port, protocol };
    const [reached] = network.endsOf(to.ip, wire);
    if (reached === undefined) throw new Error(`${world}: ${to.ip} is nobody's`);
    const { end } = reached;
    const asked = end.kind === 'outside' ? { ...end, host: to.host, names: names(to.ip) } : end;
    return {
      ...flow,
      world,
      answer: network.leaves(network.podEnd({ ...pod, namedPorts: undefined }), asked, reached.wire),
    };
  });
}

describe.skipIf(!there && process.env['CI'] !== 'true')(
  `policies of network plugins (verdicts in ${folder}${there ? '' : ', which is not there'})`,
  () => {
    let judged: readonly Judged[] = [];

    beforeAll(async () => {
      const worlds = readdirSync(folder).sort();
      judged = (await Promise.all(worlds.map(judgedIn))).flat();
    });

    const told = ({ world, from, to, port, protocol, verdict, answer }: Judged): string =>
      `${world}: ${from} to ${to.host ?? ''} ${to.ip}:${port}/${protocol} is ${verdict}, and not ${said[answer.allowed]} (${answer.object} ${answer.reason})`;

    it('are never judged otherwise than by the plugin itself', () => {
      const wrong = judged.filter(
        ({ verdict, answer }) =>
          verdict !== 'differs' && answer.allowed !== 'unknown' && said[answer.allowed] !== verdict,
      );
      expect(wrong.map(told)).toEqual([]);
    });

    it('are judged on nearly all flows', () => {
      const decidable = judged.filter(({ verdict }) => verdict !== 'differs');
      const unknown = decidable.filter(({ answer }) => answer.allowed === 'unknown');
      expect(decidable.length - unknown.length).toBeGreaterThanOrEqual(460);
      expect(unknown.filter(({ answer }) => answer.object === '' || answer.reason === '').map(told)).toEqual([]);
      // A Service that is not there, an order that releases do not agree on, and blocks of a plugin that nothing shows.
      const reasons = /to-services-missing|order-tie|order-nil|networkpolicy-ipblock-pods/;
      expect(unknown.filter(({ world }) => !reasons.test(world)).map(told)).toEqual([]);
    });

    it('are unknown where implementations differ and the plugin is not known', () => {
      const differing = judged.filter(({ verdict }) => verdict === 'differs');
      expect(differing.filter(({ answer }) => answer.allowed !== 'unknown').map(told)).toEqual([]);
    });
  },
);
