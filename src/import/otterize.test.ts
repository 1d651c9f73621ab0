import { describe, expect, it } from 'vitest';
import { codes, deployment, imported, of } from '../cli/testing/imported.ts';

const intents = (target: object, workload: object = { name: 'web', kind: 'Deployment' }): object =>
  of('k8s.otterize.com/v2beta1', 'ClientIntents', { workload, targets: [target] });

describe('postern import otterize', () => {
  const internet = { internet: { domains: ['api.example.com'], ips: ['192.0.2.1', '198.51.100.0/24'], ports: [443] } };

  it('finds the pods of a workload by its own selector', async () => {
    const read = await imported('otterize', [intents(internet), deployment]);
    expect(read.code).toBe(0);
    expect(read.objects).toMatchObject([
      {
        kind: 'EgressPolicy',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          subject: { podSelector: { matchLabels: { app: 'web' } } },
          to: [
            { domainNames: ['api.example.com'], ports: [{ port: 443 }] },
            { networks: ['192.0.2.1/32', '198.51.100.0/24'], ports: [{ port: 443 }] },
          ],
        },
      },
    ]);
  });

  it('permits no pattern, and nobody whose pods are called otherwise', async () => {
    const { objects, report } = await imported('otterize', [
      intents({ internet: { domains: ['*.example.com', 'API.example.com.'], ports: [443] } }),
      deployment,
    ]);
    expect(objects).toMatchObject([{ spec: { to: [{ domainNames: ['api.example.com'] }] } }]);
    expect(report.map(({ code }) => code)).toContain('pattern-not-expressible');
    const template = { metadata: { annotations: { 'intents.otterize.com/workload-name': 'other' } } };
    const renamed = of('apps/v1', 'Deployment', { selector: { matchLabels: { app: 'web' } }, template });
    expect((await imported('otterize', [intents(internet), renamed])).objects).toEqual([]);
  });

  it('takes the form before v2, and asks for workloads that are not there', async () => {
    const old = of('k8s.otterize.com/v1alpha3', 'ClientIntents', {
      service: { name: 'web' },
      calls: [{ type: 'internet', internet: { domains: ['a.example.com'] } }, { name: 'db' }],
    });
    expect((await imported('otterize', [old, deployment])).objects).toHaveLength(1);
    const alone = await imported('otterize', [intents(internet)]);
    expect([alone.code, alone.objects, codes(alone)]).toMatchObject([
      1,
      [],
      expect.arrayContaining(['lost workload-not-found']),
    ]);
    const job = await imported('otterize', [intents(internet, { name: 'web', kind: 'Job' }), deployment]);
    expect(job.objects).toEqual([]);
  });
});
