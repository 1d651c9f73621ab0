import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubeApiserver } from '../integration/kube-apiserver.ts';
import type { Person, Request } from './requests.ts';
import { Admission } from './rig.ts';

/* The right to patch pods/status is a right to change labels: what the controller may do with it, tried on a real server. */

const path = '/api/v1/namespaces/free/pods/there/status';
const strategic = 'application/strategic-merge-patch+json';
const applied = 'application/apply-patch+yaml';

function patched(body: object, { by = 'controller', type = strategic }: { by?: Person; type?: string } = {}): Request {
  return { method: 'PATCH', path, body, by, type };
}
const condition = (type: string, status = 'True'): object => ({ status: { conditions: [{ type, status }] } });
const own = condition('postern.dev/perimeter');

describe.skipIf(!hasKubeApiserver())('With the right to patch the status of pods', () => {
  let admission: Admission;
  beforeAll(async () => {
    admission = await Admission.start();
  });
  afterAll(() => admission.server.stop());

  it.each<[string, Request]>([
    ['sets its own condition', patched(own)],
    ['takes it back', patched(condition('postern.dev/perimeter', 'False'))],
    ['sets it beside what is there already', patched({ ...own, metadata: {} })],
  ])('the controller %s', async (_, request) => {
    expect(await admission.refusal(request)).toBe('');
  });

  it.each<[string, object, string]>([
    ['adds a label', { metadata: { labels: { app: 'web' } } }, 'changes no labels'],
    ['changes a label beside its condition', { ...own, metadata: { labels: { egress: 'free' } } }, 'changes no labels'],
    ['adds an annotation', { metadata: { annotations: { a: 'b' } } }, 'changes no labels, annotations'],
    ['adds a finalizer', { metadata: { finalizers: ['example.com/stay'] } }, 'finalizers'],
    ['says that the pod is ready', condition('Ready'), 'and no other'],
    [
      'says that the pod has been scheduled, too',
      {
        status: {
          conditions: [
            { type: 'postern.dev/perimeter', status: 'True' },
            { type: 'PodScheduled', status: 'True' },
          ],
        },
      },
      'and no other',
    ],
    ['says that the pod has ended', { status: { phase: 'Succeeded' } }, 'nothing of a pod'],
    ['gives it an address', { status: { podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] } }, 'nothing of a pod'],
    ['gives it a host', { status: { hostIP: '192.168.1.9' } }, 'nothing of a pod'],
    ['gives it a reason', { status: { reason: 'Evicted' } }, 'nothing of a pod'],
    ['says when it began', { status: { startTime: '2026-01-01T00:00:00Z' } }, 'nothing of a pod'],
    [
      'says what its containers do',
      { status: { containerStatuses: [{ name: 'app', image: 'x', imageID: '', ready: true, restartCount: 0 }] } },
      'nothing of a pod',
    ],
  ])('it never %s', async (_, body, reason) => {
    expect(await admission.refusal(patched(body))).toContain(reason);
  });

  it('whichever way it is written', async () => {
    const labelled = { metadata: { labels: { app: 'web' } } };
    const merge = patched(labelled, { type: 'application/merge-patch+json' });
    const json: Request = {
      method: 'PATCH',
      path,
      by: 'controller',
      type: 'application/json-patch+json',
      body: [{ op: 'add', path: '/metadata/labels', value: { app: 'web' } }],
    };
    const apply: Request = {
      ...patched(
        { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'there', labels: { app: 'web' } } },
        { type: applied },
      ),
      path: `${path}?fieldManager=postern`,
    };
    for (const request of [merge, json, apply]) expect(await admission.refusal(request)).toContain('changes no labels');
  });

  it('others do as their rights say: it is about Postern alone', async () => {
    expect(await admission.refusal(patched({ status: { phase: 'Running' } }, { by: 'node' }))).toBe('');
  });
});
