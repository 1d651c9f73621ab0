import { describe, expect, it } from 'vitest';
import { runPostern } from '../testing/run-postern.ts';

const manifests = `apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: big-ip }
spec: { adapter: f5-afm, config: { url: 'https://192.0.2.1' } }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop }
spec: {}
status: { phase: Running, podIPs: [{ ip: 10.0.0.1 }] }
`;

async function render(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(['render', '-f', '-', ...argv], { stdin: manifests });
}

describe('postern render', () => {
  it('prints what the desired state is lowered to, unless another format is named', async () => {
    const { code, out } = await render('--point', 'edge', '--cluster', 'east');
    const resources = JSON.parse(out) as { members?: string[] }[];
    expect(code).toBe(0);
    expect(resources.flatMap(({ members = [] }) => members)).toEqual(['10.0.0.1']);
    expect((await render('--point', 'edge', '--cluster', 'east', '--format', 'resources')).out).toBe(out);
  });

  it.each([
    ['render', '--point', 'broken'],
    ['plan', '--point', 'broken'],
    ['verify', '--point', 'broken'],
  ])('%s %s %s says why a point that is there cannot be used', async (command, ...argv) => {
    const stdin = manifests.replace('name: edge', 'name: broken').replace('memory', 'memory, vantage: { type: pod }');
    const { code, err } = await runPostern([command, '-f', '-', ...argv], { stdin });
    expect(code).toBe(1);
    expect(err).toMatch(
      /EnforcementPoint\/broken cannot be read: spec\.vantage\.type: Unsupported value: "pod": .*did you mean Pod/,
    );
  });

  it('is not told that there is no point where there is one that cannot be read', async () => {
    const [broken = '', , ...rest] = manifests.replace('memory', 'memory, vantage: { type: pod }').split('---');
    const stdin = [broken, ...rest].join('---');
    for (const command of ['plan', 'lint']) {
      const { out } = await runPostern([command, '-f', '-', '-o', 'json'], { stdin });
      const { problems } = JSON.parse(out) as { problems: readonly { code: string }[] };
      const codes = problems.map(({ code }) => code);
      expect(codes).toContain('unsupported-value');
      expect(codes).not.toContain('no-enforcement-point');
    }
  });

  it('prints a format of the adapter', async () => {
    const { code, out } = await render('--point', 'big-ip', '--format', 'as3', '--cluster', 'east');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ class: 'AS3', declaration: { class: 'ADC', id: 'postern-east-big-ip' } });
  });

  it.each([
    [['--point', 'edge', '--format', 'as3'], 'postern: adapter memory has no format "as3"; it has: resources\n'],
    [
      ['--point', 'edge', '--format', 'constructor'],
      'postern: adapter memory has no format "constructor"; it has: resources\n',
    ],
    [['--point', 'nowhere'], 'postern: there is no EnforcementPoint "nowhere"; there are: big-ip, edge\n'],
  ])('says what there is instead: %j', async (argv, err) => {
    expect(await render(...argv)).toEqual({ code: 1, out: '', err });
  });
});
