import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { helpOf } from '../../tools/help-blocks.ts';
import { describeWith } from '../kit/redis-server.ts';
import { deployFolder, nameOf, renderedFrom, rendered } from './kustomize.ts';
import { rightsIn } from './rights.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/install.md', import.meta.url)), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);

describeWith(['kubectl'], 'docs/install.md', () => {
  it('shows kustomizations that kubectl renders, each with the name of a cluster or for a part that needs none', () => {
    const kustomizations = blocks('yaml').filter((text) => text.includes('kind: Kustomization'));
    expect(kustomizations.length).toBe(3);
    const all = kustomizations.map((text) => renderedFrom(text.replaceAll('../postern/deploy', '@deploy')));
    for (const manifests of all)
      expect(manifests.map(nameOf)).toContain('CustomResourceDefinition/egresspolicies.postern.dev');
    expect(
      all.map((manifests) => manifests.filter(({ data }) => JSON.stringify(data ?? {}).includes('blue')).map(nameOf)),
    ).toEqual([['ConfigMap/postern'], ['ConfigMap/postern'], []]);
  });

  it('and docs/alerts.md name components that there are', () => {
    const alerts = readFileSync(fileURLToPath(new URL('../../docs/alerts.md', import.meta.url)), 'utf8');
    const [, components = ''] = /^```yaml\n(components:\n[^]*?)^```$/m.exec(alerts) ?? [];
    const text = `resources: ['@deploy/base']\n${components.replaceAll('../deploy', '@deploy')}`;
    const names = renderedFrom(text).map(nameOf);
    expect(names).toEqual(expect.arrayContaining(['PrometheusRule/postern', 'ConfigMap/postern-dashboard']));
  });

  it('lists every right that is given', () => {
    const manifests = rendered({
      variant: 'base',
      components: ['pod-gate', 'console', 'in-mesh-istio', 'in-mesh-network-policy'],
    });
    const said = page.slice(page.indexOf('## Rights, and why'), page.indexOf('## Upgrade')).toLowerCase();
    const ours = (resource: string): string =>
      resource
        .replace(
          /^(?:clusteregresspolicies|egressapprovals|egressdelegations|egresspolicies|enforcementpoints|externalservices)/,
          'our kinds',
        )
        .replace('/status', '');
    const resources = [...new Set(rightsIn(manifests).map(({ resource }) => ours(resource)))];
    const names = resources.map((resource) =>
      resource.replace('configmaps', 'configmap').replace('deployments', 'deployment'),
    );
    expect(names.filter((name) => !said.includes(name))).toEqual([]);
  });

  it('types commands that there are, of postern and of files', async () => {
    const commands = [...page.matchAll(/(?:npx postern|postern\.js) ([a-z]+)/g)].map(([, command = '']) => command);
    expect(new Set(commands)).toEqual(new Set(['audit', 'drift', 'withdraw', 'status']));
    for (const command of new Set(commands)) expect(await helpOf(command)).toContain(`Usage: postern ${command}`);
    const paths = [...page.matchAll(/\.\.\/postern\/(\S+)/g)].map(([, path = '']) => path);
    expect(paths.filter((path) => !existsSync(join(deployFolder, '..', path)))).toEqual([]);
  });

  it('sets values that the chart has', () => {
    const values: unknown = parse(readFileSync(join(deployFolder, 'helm/postern/values.yaml'), 'utf8'));
    const set = [...page.matchAll(/--set ([\w.]+)=/g)].map(([, path = '']) => path);
    const level = z.record(z.string(), z.unknown());
    const has = (path: string): boolean =>
      path.split('.').reduce<unknown>((at, key) => level.parse(at)[key], values) !== undefined;
    expect([set.length > 2, set.filter((path) => !has(path))]).toEqual([true, []]);
  });
});
