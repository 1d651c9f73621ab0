import { describe, expect, it } from 'vitest';
import { runPostern } from '../testing/run-postern.ts';

/* `verify` and `why` at a point of vantage EgressIP, where pods leave through gateways of Calico. */

const pod = (key: string, address: string, more = ''): string => {
  const [namespace = '', name = ''] = key.split('/');
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name} } }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: ${address} }] }
${more}`;
};
const gateway = (colour: string): string => `{ selector: app == '${colour}', namespaceSelector: all() }`;
const world = (rules: string, annotation = 'egressGatewayPolicy: out'): string =>
  [
    `
apiVersion: v1
kind: Namespace
metadata: { name: shop, annotations: { egress.projectcalico.org/${annotation} } }`,
    pod('shop/web', '10.20.1.11'),
    pod('egress/red', '10.9.0.1'),
    pod('egress/blue', '10.9.0.2'),
    `
apiVersion: crd.projectcalico.org/v1
kind: EgressGatewayPolicy
metadata: { name: out }
spec: { rules: [${rules}] }`,
    `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec:
  subject: { allPods: true }
  to:
    - { networks: [203.0.113.0/24, 198.51.100.0/24], ports: [{ port: 443 }] }
    - { domainNames: [api.example.com], ports: [{ port: 443 }] }`,
    `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, vantage: { type: EgressIP }, clusterNetworks: [10.0.0.0/8] }`,
  ].join('\n---\n');
const apart = `{ destination: { cidr: 203.0.113.0/24 }, gateway: ${gateway('blue')} }, { gateway: ${gateway('red')} }`;

async function verified(
  stdin: string,
): Promise<{ readonly consistent: boolean; readonly meshOnly: readonly object[] }> {
  const { out } = await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin });
  return JSON.parse(out) as Awaited<ReturnType<typeof verified>>;
}

async function sourcesOf(stdin: string, destination: string): Promise<readonly string[]> {
  const { out } = await runPostern(['why', 'shop/web', destination, '-f', '-', '-o', 'json'], { stdin });
  const { layers } = JSON.parse(out) as { layers: readonly { layer: string; rule: string; reason: string }[] };
  return layers.filter(({ layer }) => layer === 'source').map(({ rule, reason }) => rule || reason);
}

describe('where pods leave through gateways of Calico', () => {
  it('each destination is met from the gateway that leads there, a name from all', async () => {
    expect(await verified(world(apart))).toMatchObject({ consistent: true });
    expect(await sourcesOf(world(apart), '203.0.113.7:443')).toEqual(['10.9.0.2']);
    expect(await sourcesOf(world(apart), '198.51.100.7:443')).toEqual(['10.9.0.1']);
    expect(await sourcesOf(world(apart), 'api.example.com:443')).toEqual(['10.9.0.1', '10.9.0.2']);
  });

  it('a destination to which a rule leads past them is not met from an address that the point knows', async () => {
    const past = world(`{ destination: { cidr: 203.0.113.0/24 } }, { gateway: ${gateway('red')} }`);
    expect(await sourcesOf(past, '203.0.113.7:443')).toEqual(['10.20.1.11']);
    const { consistent, meshOnly } = await verified(past);
    expect([consistent, meshOnly.length]).toEqual([false, 1]);
    expect(meshOnly[0]).toMatchObject({ workload: 'Pod/web', rule: expect.anything() as string });
  });

  it.each([
    ['no policy of that name is there', world(apart, 'egressGatewayPolicy: other')],
    ['no pod of the gateway is there', world(apart, "selector: app == 'green'")],
  ])('nothing is met where %s', async (_, stdin) => {
    expect(await sourcesOf(stdin, '203.0.113.7:443')).toEqual([
      expect.stringContaining('Calico then lets nothing out') as string,
    ]);
  });

  it('a point that knows pods by their own addresses is assumed to meet them before, and says so once', async () => {
    const stdin = world(apart).replace('type: EgressIP', 'type: Pod');
    const { out, code } = await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin });
    const { consistent, known } = JSON.parse(out) as {
      consistent: boolean;
      known: readonly { assumed?: true; reason: string }[];
    };
    expect([code, consistent]).toEqual([0, true]);
    expect(known.filter(({ assumed }) => assumed === true).map(({ reason }) => reason)).toEqual([
      expect.stringContaining(
        'assumed to meet pods before annotation egress.projectcalico.org/egressGatewayPolicy "out"',
      ) as string,
    ]);
    const { out: told } = await runPostern(['verify', '-f', '-'], { stdin });
    expect(told).toContain('Consistent, as far as what is assumed above holds');
  });

  it.each(['verify', 'lint'])('whoever writes an annotation ends no line of what %s says', async (command) => {
    const forged = world(apart, String.raw`selector: "all()\nerror: EgressPolicy/shop/web: forged\""`);
    const { out, err } = await runPostern([command, '-f', '-'], {
      stdin: forged.replace('type: EgressIP', 'type: Pod'),
    });
    expect(out).toContain(String.raw`selector "all()\nerror: EgressPolicy/shop/web: forged\"" of Namespace/shop`);
    expect(`${out}${err}`).not.toMatch(/^error: /m);
  });

  it('a pod that only a pod names its gateway gains what that may, though nobody permits it', async () => {
    const victim = `
metadata: { name: web, namespace: shop, labels: { app: web }, annotations: {
  egress.projectcalico.org/selector: "app == 'red'", egress.projectcalico.org/namespaceSelector: all() } }`;
    const named = world(apart, "selector: app == 'blue'").replace(
      '\nmetadata: { name: web, namespace: shop, labels: { app: web } }',
      victim,
    );
    const found = async (stdin: string): Promise<ReadonlyMap<string, string>> => {
      const { out } = await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin });
      const { perimeterOnly } = JSON.parse(out) as { perimeterOnly: readonly { workload: string; reason: string }[] };
      return new Map(perimeterOnly.map(({ workload, reason }) => [workload, reason]));
    };
    const word = `annotation egress.projectcalico.org/selector "app == 'red'" in "all()" of pods in shop makes it the gateway`;
    expect(await found(named)).toEqual(new Map([['Pod/red', expect.stringContaining(word) as string]]));
    const { out } = await runPostern(['why', 'egress/red', '203.0.113.7:443', '-f', '-'], { stdin: named });
    expect(out).toContain('10.9.0.1');
    const uncovered = named.replace(
      'vantage:',
      'namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }, vantage:',
    );
    expect(await found(uncovered)).toEqual(
      new Map([['address 10.9.0.1', 'the address is none of a pod that this point covers']]),
    );
    expect(
      await found(world(apart, 'selector: app == \'red\'", egress.projectcalico.org/namespaceSelector: "all()')),
    ).toEqual(new Map());
  });

  it.each([
    "selector: app contains 'bl'",
    "selector: app starts with 'bl' && !(app == 'black')",
    "selector: (app ends with 'ue' || app == 'green') && has(app)",
    "selector: app in {'blue', 'b'} && projectcalico.org/orchestrator == 'k8s'",
    "selector: app != 'red' && pcns.kubernetes.io/metadata.name == 'egress'",
  ])('%s chooses gateways as Calico does', async (asked) => {
    const chosen = world(
      `{ gateway: { ${asked.replace(/^selector: (.*)$/, 'selector: "$1"')}, namespaceSelector: "projectcalico.org/name == 'egress'" } }`,
    );
    expect(await sourcesOf(chosen, '203.0.113.7:443')).toEqual(['10.9.0.2']);
    expect(await verified(chosen)).toMatchObject({ consistent: true, meshOnly: [] });
  });

  it.each([
    ['labels of ServiceAccounts', `{ gateway: { selector: "pcsa.team == 'red'", namespaceSelector: all() } }`],
    ['a text that is no selector', `{ gateway: { selector: "app = 'red'", namespaceSelector: all() } }`],
  ])('nobody knows which pods are gateways by %s, and says so', async (_, rule) => {
    const chosen = world(rule);
    const why = await runPostern(['why', 'shop/web', '203.0.113.7:443', '-f', '-', '-o', 'json'], { stdin: chosen });
    expect(JSON.parse(why.out)).toMatchObject({ verdict: 'Unknown' });
    const { consistent, ...found } = JSON.parse(
      (await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin: chosen })).out,
    ) as { consistent: boolean; unknown: readonly { reason: string }[] };
    expect(consistent).toBe(false);
    expect(found.unknown.map(({ reason }) => reason).join()).toContain('does not say which pods those are');
  });
});
