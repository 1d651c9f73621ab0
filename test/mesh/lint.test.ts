import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { showPostern } from '../../src/cli/testing/run-postern.ts';
import type { Problem } from '../../src/api/problem.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const folder = aFolder();

/** What a person sees, and how it ended. */
async function shown(...argv: string[]): Promise<{ readonly text: string; readonly code: number }> {
  return showPostern(argv);
}

/** What the semantic checks find in files: those alone have codes like `S07`. */
async function found(...files: readonly string[]): Promise<readonly Problem[]> {
  const { text } = await shown('lint', '--mesh', '-o', 'json', ...files.flatMap((file) => ['-f', file]));
  const { problems } = JSON.parse(text) as { readonly problems: readonly Problem[] };
  return problems.filter(({ code }) => /^S\d\d$/.test(code));
}

const gateway = `${examples}/egress-gateway`;
let written = 0;

/** The example with one more object, of somebody else. */
async function beside(yaml: string): Promise<readonly string[]> {
  const file = join(folder, `${(written += 1)}.yaml`);
  writeFileSync(file, yaml);
  return (await found(gateway, file)).map(({ severity, code, subject }) => `${severity} ${code} ${subject}`);
}

function istio(kind: string, namespace: string, spec: string, group = 'networking'): string {
  return `apiVersion: ${group}.istio.io/v1\nkind: ${kind}\nmetadata: { name: theirs, namespace: ${namespace} }\nspec: ${spec}\n`;
}

const port = 'ports: [{ number: 443, name: tls, protocol: TLS }]';
const bank = 'api.bank.example';

/** Objects of others, each of which undoes something of ours, and what is said of it. */
const traps: Readonly<Record<string, readonly [yaml: string, finding: string]>> = {
  'registers one of our hosts once more': [
    istio('ServiceEntry', 'shop', `{ hosts: [${bank}], resolution: DNS, ${port} }`),
    'warning S25 ServiceEntry/shop/theirs',
  ],
  'routes one of our hosts elsewhere': [
    istio('VirtualService', 'shop', `{ hosts: [${bank}], http: [{ route: [{ destination: { host: web } }] }] }`),
    'warning S25 VirtualService/shop/theirs',
  ],
  'takes the TLS to our gateway away': [
    istio(
      'DestinationRule',
      'shop',
      '{ host: egressgateway-shop.istio-egress.svc.cluster.local, trafficPolicy: { tls: { mode: DISABLE } } }',
    ),
    'warning S25 DestinationRule/shop/theirs',
  ],
  'listens on our gateway': [
    istio(
      'Gateway',
      'istio-egress',
      '{ selector: { gateway: shop }, servers: [{ port: { number: 443, name: x, protocol: TLS }, hosts: ["*"], tls: { mode: PASSTHROUGH } }] }',
    ),
    'warning S25 Gateway/istio-egress/theirs',
  ],
  'opens the namespace to every host': [
    istio('Sidecar', 'shop', '{ egress: [{ hosts: ["*/*"] }], outboundTrafficPolicy: { mode: ALLOW_ANY } }'),
    'warning S25 Sidecar/shop/theirs',
  ],
  'lets everybody through our gateway': [
    istio(
      'AuthorizationPolicy',
      'istio-egress',
      '{ selector: { matchLabels: { gateway: shop } }, rules: [{}] }',
      'security',
    ),
    'warning S25 AuthorizationPolicy/istio-egress/theirs',
  ],
  'lets clients come to our gateway without a certificate': [
    istio('PeerAuthentication', 'istio-egress', '{ mtls: { mode: DISABLE } }', 'security'),
    'warning S25 PeerAuthentication/istio-egress/theirs',
  ],
  'rewrites our gateway': [
    istio('EnvoyFilter', 'istio-egress', '{ configPatches: [] }').replace('io/v1', 'io/v1alpha3'),
    'warning S25 EnvoyFilter/istio-egress/theirs',
  ],
  'lets pods out around our gateway': [
    `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: theirs, namespace: shop }
spec: { podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{}] }`,
    'warning S25 NetworkPolicy/shop/theirs',
  ],
  'has another name for a host of ours': [
    `apiVersion: v1
kind: Service
metadata: { name: theirs, namespace: shop }
spec: { type: ExternalName, externalName: ${bank} }`,
    'warning S25 Service/shop/theirs',
  ],
  'has a shape that nobody understands': [
    istio('ServiceEntry', 'shop', '{ hosts: 3 }'),
    'error S01 ServiceEntry/shop/theirs',
  ],
  'is the settings of the mesh, which let everything out': [
    `apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "outboundTrafficPolicy: { mode: ALLOW_ANY }" }`,
    'error S30 MeshConfig',
  ],
};

describe('postern lint --mesh', () => {
  it.each(readdirSync(examples, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])))(
    'has nothing to say of what is written for examples/%s',
    async (name) => {
      const problems = await found(`${examples}/${name}`);
      // What is said of these two is true: they come without network policies that close the way around the gateway.
      const open = name.startsWith('mesh-') ? problems.filter(({ code }) => code === 'S24') : [];
      expect(problems.filter((problem) => !open.includes(problem))).toEqual([]);
    },
  );

  it.each(Object.entries(traps))('finds an object of others that %s', async (what, [yaml, finding]) => {
    const isSettings = what.includes('settings');
    const findings = isSettings ? await withSettings(yaml) : await beside(yaml);
    expect(findings).toContain(finding);
  });

  it('says what to do, and ends with 1 for an error', async () => {
    const file = join(folder, 'unread.yaml');
    writeFileSync(file, istio('ServiceEntry', 'shop', '{ hosts: 3 }'));
    const { text, code } = await shown('lint', '--mesh', '-f', gateway, '-f', file);
    expect(text).toContain('ServiceEntry/shop/theirs\n  error    ');
    expect(text).toContain('[S01]');
    expect(code).toBe(1);
  });

  it('is asked for: without it objects of others are passed over', async () => {
    const file = join(folder, 'passed-over.yaml');
    writeFileSync(file, istio('ServiceEntry', 'shop', '{ hosts: 3 }'));
    const { text, code } = await shown('lint', '-f', gateway, '-f', file);
    expect([code, text.includes('S01')]).toEqual([0, false]);
  });

  it('has to be told what to look at, and one thing at a time', async () => {
    expect(await shown('lint')).toEqual({
      text: 'postern: the input is missing: give -f FILES, or --live for the cluster\n',
      code: 1,
    });
    expect(await shown('lint', '--live', '-f', gateway)).toEqual({
      text: 'postern: lint looks at files or at the cluster: leave out -f or --live\n',
      code: 1,
    });
  });
});

/** The example with these settings of the mesh instead of its own. */
async function withSettings(yaml: string): Promise<readonly string[]> {
  const file = join(folder, 'settings.yaml');
  writeFileSync(file, yaml);
  const files = ['cluster', 'points', 'policies', 'services'].map((name) => `${gateway}/${name}.yaml`);
  return (await found(...files, file)).map(({ severity, code, subject }) => `${severity} ${code} ${subject}`);
}
