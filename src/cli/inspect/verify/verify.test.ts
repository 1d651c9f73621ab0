import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../../../../test/kit/folders.ts';
import { runPostern } from '../../testing/run-postern.ts';

/* `postern verify` and `postern why` on files: what is printed, to the letter. */

const company = 'examples/company';
const mesh = 'examples/mesh-per-namespace-and-service-account';
const directory = aFolder();

async function postern(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(argv, { environment: { auditDir: directory } });
}

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

/** The perimeter cannot say wildcards, and nobody else is there to say them. */
const wildcard = `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: core }
spec: { adapter: f5-afm, mode: Enforce, config: { url: 'https://192.0.2.1', dnsResolver: /Common/dns } }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ domainNames: ['*.example.com'], ports: [{ port: 443 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.0.0.1 }] }
`;

/** The point does not take the policy, and nobody else does. */
const uncovered = wildcard
  .replace("domainNames: ['*.example.com']", 'networks: [203.0.113.0/24]')
  .replace('mode: Enforce,', "mode: Enforce, policySelector: { matchLabels: { edge: 'yes' } },");

describe('postern verify -f', () => {
  it('says that all layers agree, and ends with 0', async () => {
    expect(await postern('verify', '-f', company)).toEqual({
      code: 0,
      out: 'Consistent: the intent, edge; 216 classes of flows compared.\n',
      err: '',
    });
  });

  it('asks for each family of addresses a replica that has one of it', async () => {
    const pod = (name: string, ...addresses: readonly string[]): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: web } }
spec: { containers: [] }
status: { phase: Running, podIPs: [${addresses.map((ip) => `{ ip: '${ip}' }`).join()}] }
`;
    const path = await file(
      'families.yaml',
      `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, vantage: { type: Static, networks: [192.0.2.1/32, '2001:db8:1::1/128'] } }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ networks: ['2001:db8:9::/48', 203.0.113.0/24], ports: [{ port: 443 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: four, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }
${pod('web-1', '10.20.1.11')}${pod('web-2', '10.20.1.12', '2001:db8:20::12')}`,
    );
    const { code, out } = await postern('verify', '-f', path);
    expect(code).toBe(3);
    expect(out).toContain('shop/Pod/web-2  [2001:db8:9::]:443/TCP  cluster  NetworkPolicy/shop/four  1');
  });

  it('names the layers that there are, and no mesh where there are network policies alone', async () => {
    const object = (apiVersion: string, kind: string, spec: string): string =>
      `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x, namespace: shop }\nspec: ${spec}\n`;
    const open = object(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      '{ podSelector: {}, egress: [{}], policyTypes: [Egress] }',
    );
    const entry = object('networking.istio.io/v1', 'ServiceEntry', '{ hosts: [a.example.com], ports: [] }');
    const sidesOf = async (...more: readonly string[]): Promise<string | undefined> => {
      const { out } = await postern('verify', '-f', await file('sides.yaml', [wildcard, ...more].join('')));
      return /^\w[\w ]*: (the intent, .*); /m.exec(out)?.[1];
    };
    expect(await sidesOf()).toBe('the intent, core');
    expect(await sidesOf(open)).toBe('the intent, network policies, core');
    expect(await sidesOf(entry)).toBe('the intent, the mesh, core');
    expect(await sidesOf(open, entry)).toBe('the intent, the mesh, network policies, core');
  });

  it('reads a mesh as it would be written, with the gateway that it is configured for', async () => {
    const { code, out } = await postern('verify', '-f', mesh, '-o', 'json');
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { consistent: true, points: [{ name: 'mesh', adapter: 'istio', layer: 'mesh' }], problems: [] },
    ]);
  });

  it('takes a loss that was told beforehand for known, and ends with 0', async () => {
    const path = await file('wildcard.yaml', wildcard);
    const { code, out } = await postern('verify', '-f', path);
    expect({ code, out }).toEqual({
      code: 0,
      out: [
        'Known, and no inconsistency',
        '  core: the intent permits it, AFM knows no wildcard names, and *.example.com is one; the rule to *.example.com is left out (1 flow)',
        '',
        'Consistent: the intent, core; 11 classes of flows compared.',
        '',
      ].join('\n'),
    });
  });

  it('shows a flow that breaks at the perimeter, why, and what to do; ends with 3', async () => {
    const path = await file('uncovered.yaml', uncovered);
    const { code, out } = await postern('verify', '-f', path);
    expect(code).toBe(3);
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      'The perimeter stops what is let out in the cluster: applications will break there (1)',
      '',
      '  WORKLOAD        DESTINATION          POINT  RULE     FLOWS  WHY',
      '  shop/Pod/web-1  203.0.113.0:443/TCP  core   default  1      the intent permits it, no rule accepts it',
      '',
      '  Correct the vantage, the namespaces or the config of the point; `postern why NAMESPACE/POD HOST:PORT -f ...` says at which address and rule such a flow ends.',
      '',
      'Not consistent: the intent, core; 9 classes of flows compared.',
      '',
    ]);
  });

  it('calls what the cluster alone lets out, and the perimeter stops, too wide: no application breaks', async () => {
    const path = await file(
      'antrea.yaml',
      `${uncovered}---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: network }
spec: { adapter: network-policy, mode: Enforce, vantage: { type: Labels } }
---
apiVersion: crd.antrea.io/v1beta1
kind: ClusterNetworkPolicy
metadata: { name: metrics }
spec:
  priority: 1
  tier: emergency
  appliedTo: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }]
  egress: [{ action: Allow, to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]
`,
    );
    const { out } = await postern('verify', '-f', path, '-o', 'json');
    const { wider, meshOnly } = JSON.parse(out) as Record<
      'wider' | 'meshOnly',
      { rule: string; destination: string }[]
    >;
    expect(wider.map(({ rule }) => rule)).toContain('ClusterNetworkPolicy.crd.antrea.io/metrics');
    expect(meshOnly.map(({ destination }) => destination)).toEqual(['203.0.113.0']);
  });

  it('gives scripts the same as JSON', async () => {
    const path = await file('uncovered.yaml', uncovered);
    const { code, out } = await postern('verify', '-f', path, '-o', 'json');
    const flow = {
      namespace: 'shop',
      workload: 'Pod/web-1',
      pod: 'shop/web-1',
      destination: '203.0.113.0',
      port: 443,
      protocol: 'TCP',
      rule: 'default',
      point: 'core',
      reason: 'the intent permits it, no rule accepts it',
      count: 1,
    };
    expect([code, JSON.parse(out)]).toEqual([
      3,
      {
        consistent: false,
        meshOnly: [flow],
        perimeterOnly: [],
        blocked: [],
        wider: [],
        narrower: [],
        unknown: [],
        known: [],
        classes: expect.any(Number) as number,
        points: [
          {
            name: 'core',
            adapter: 'f5-afm',
            layer: 'perimeter',
            meshOnly: 1,
            perimeterOnly: 0,
            blocked: 0,
            wider: 0,
            narrower: 0,
            unknown: 0,
            known: 0,
          },
        ],
        problems: expect.any(Array) as unknown[],
      },
    ]);
  });

  it('finds a route of somebody else past the gateway', async () => {
    const open = await file(
      'open.yaml',
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: { name: mine, namespace: test }\nspec:\n  workloadSelector: { labels: { app: sleep } }\n  outboundTrafficPolicy: { mode: ALLOW_ANY }\n',
    );
    const { code, out } = await postern('verify', '-f', mesh, open, '-o', 'json');
    const { wider } = JSON.parse(out) as { wider: readonly { workload: string; rule: string }[] };
    expect([code, wider.map(({ workload, rule }) => `${workload} by ${rule}`)]).toEqual([
      3,
      ['Deployment/sleep by Sidecar/test/mine'],
    ]);
  });
});

describe('postern why -f', () => {
  it('walks a flow to the rule that lets it out', async () => {
    const { code, out } = await postern('why', 'shop/checkout', '198.51.100.17:443', '-f', company);
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        '  intent          lets   EgressPolicy/shop/checkout spec.to[0]: permits it (Namespace)',
        '  source edge     meets  10.20.1.41: the address of the pod',
        '  perimeter edge  lets   pn-manifests-checkout-2cdb44145f: accepts it for pods app=checkout in namespace shop as ServiceAccount shop/checkout',
        '  rests on edge: what would be written there; use --live to read the device',
        '',
        'shop/checkout-1 to 198.51.100.17:443/TCP is allowed by EgressPolicy/shop/checkout, through edge (pn-manifests-checkout-2cdb44145f).',
        '',
      ],
    ]);
  });

  it.each([
    [
      'shop/web-1',
      '198.51.100.17:443',
      'by the intent because no policy permits it: EgressPolicy/shop/checkout spec.to[0] permits it to other pods, and does not select this one; compare the labels and the ServiceAccount of the pod with spec.subject of the policy.',
    ],
    [
      'shop/web-1',
      '169.254.169.254:80',
      'by the intent because ClusterEgressPolicy/guard-rails spec.egress[0].to[0] denies it (Admin); change ClusterEgressPolicy/guard-rails if it should be permitted.',
    ],
    [
      'shop/checkout-1',
      'github.com:443',
      'by the intent because no policy permits it: no policy that selects this pod names this destination and port; write an EgressPolicy that names it, or add it to one that selects the pod.',
    ],
  ])('says where %s to %s is blocked, why, and what to do', async (pod, to, sentence) => {
    const { out } = await postern('why', pod, to, '-f', company, '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ verdict: 'Deny', sentence: `${pod} to ${to}/TCP is blocked ${sentence}` });
  });

  it('names the service that a namespace may not use, and the policy that has expired', async () => {
    const denied = await postern(
      'why',
      'lab/probe',
      'api.partner.example:443',
      '-f',
      'examples/cluster-namespace-workload',
      '-o',
      'json',
    );
    expect(denied.out).toMatch(/names an ExternalService that namespace lab is not allowed to use; ask the owner/);
    const expired = wildcard.replace(' to: [', " governance: { expiresAt: '2020-01-01T00:00:00Z' }, to: [");
    const { out } = await postern(
      'why',
      'shop/web-1',
      'a.example.com:443',
      '-f',
      await file('expired.yaml', expired),
      '-o',
      'json',
    );
    expect(out).toMatch(
      /EgressPolicy\/shop\/web spec\.to\[0\] permitted it, and it or the service that it names has expired; renew/,
    );
  });

  it('walks through the mesh, to the policy of the gateway that stops a ServiceAccount', async () => {
    const to = 'developers.google.com:443';
    const { out } = await postern('why', to, '--from-serviceaccount', 'test/sleep-yahoo', '-f', mesh, '-o', 'json');
    const { verdict, layers } = JSON.parse(out) as { verdict: string; layers: { layer: string; verdict: string }[] };
    expect([verdict, ...layers.map((step) => `${step.layer} ${step.verdict}`)]).toEqual([
      'Deny',
      'intent Deny',
      'sidecar Accept',
      'network-policy Accept',
      'gateway Accept',
      'authorization Deny',
    ]);
  });

  it.each([
    [
      ['shop/nobody', 'github.com:443'],
      /there is no pod or workload "nobody" in namespace shop; there are: checkout, /,
    ],
    [['shop/web-1', 'github.com'], /"github\.com" is not HOST:PORT/],
    [['shop/web-1', '*.github.com:443'], /is not HOST:PORT/],
    [['web-1', 'github.com:443'], /"web-1" is not NAMESPACE\/NAME/],
    [['github.com:443'], /ask `why NAMESPACE\/POD HOST:PORT`/],
  ])('refuses %j, and says what to ask instead', async (args, message) => {
    const { code, err } = await postern('why', ...args, '-f', company);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });
});

it('does not say that there is no point where one cannot be read, and calls a missing field missing', async () => {
  const point = `apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: core }
spec: { adapter: f5-afm, mode: Enforce, config: {} }
`;
  const { code, out, err } = await postern('verify', '-f', await file('unreadable-point.yaml', point));
  expect(code).toBe(1);
  expect(err).toContain('spec.config.url: Required value: Where the management interface answers');
  expect(out).toContain('No EnforcementPoint could be taken into account, so that there is nothing to compare.');
  const none = await postern(
    'verify',
    '-f',
    await file('no-point.yaml', '{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }'),
  );
  expect(none.out).toContain('There is no EnforcementPoint, so that there is nothing to compare.');
});
