import { expect, it } from 'vitest';
import { ApiError } from '../api-error.ts';
import { EventRecorder, type EventDetails } from './event-recorder.ts';
import type { ApiClient, ApiRequest } from '../client/transport.ts';

function aRecorder(refuses: (request: ApiRequest) => number = () => 0) {
  const sent: ApiRequest[] = [];
  const reports: string[] = [];
  const time = { now: 0, setBackMs: 0 };
  const unused = (): never => {
    throw new Error('not used by events');
  };
  const api: ApiClient = {
    request: (request) => {
      sent.push(request);
      const status = refuses(request);
      return status === 0 ? Promise.resolve({}) : Promise.reject(new ApiError(status, 'Refused', 'refused'));
    },
    bytes: unused,
    stream: unused,
  };
  const clock = { now: () => time.now - time.setBackMs, elapsed: () => time.now, sleep: () => Promise.resolve() };
  const report = (message: string): void => void reports.push(message);
  const recorder = new EventRecorder({ api, clock, random: () => 0.5, instance: 'postern-0', report });
  return { recorder, sent, reports, time };
}

const regarding = {
  apiVersion: 'postern.dev/v1alpha1',
  kind: 'EgressPolicy',
  namespace: 'shop',
  name: 'checkout',
  uid: 'u',
};
const happening = (note: string, fields: Partial<EventDetails> = {}): EventDetails => ({
  regarding,
  type: 'Normal',
  reason: 'Programmed',
  action: 'Sync',
  note,
  ...fields,
});

it('writes an event of events.k8s.io/v1 into the namespace of its object', async () => {
  const { recorder, sent } = aRecorder();
  expect(await recorder.record(happening('live on 3 of 3 points'))).toBe(true);
  expect(sent).toEqual([
    {
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
      body: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'checkout.07fffff', namespace: 'shop' },
        eventTime: '1970-01-01T00:00:00.000000Z',
        reportingController: 'postern.dev/controller',
        reportingInstance: 'postern-0',
        type: 'Normal',
        reason: 'Programmed',
        action: 'Sync',
        note: 'live on 3 of 3 points',
        regarding,
      },
    },
  ]);
});

it('keeps within what the API server admits, whatever it is given', async () => {
  const { recorder, sent } = aRecorder();
  await recorder.record(happening('ü😀'.repeat(600), { reason: 'R'.repeat(200) }));
  const { note, reason } = sent[0]?.body as { note: string; reason: string };
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
  expect([note.endsWith('😀…'), reason.length]).toEqual([true, 128]);
});

it('does not repeat itself within ten minutes', async () => {
  const { recorder, sent, time } = aRecorder();
  expect([await recorder.record(happening('a')), await recorder.record(happening('a'))]).toEqual([true, false]);
  time.now = 600_000;
  expect(await recorder.record(happening('a'))).toBe(true);
  expect(sent).toHaveLength(2);
});

it('lets one object say ten things at once and one a minute after that, whatever others say', async () => {
  const { recorder, sent, time } = aRecorder();
  for (let index = 0; index < 30; index += 1) await recorder.record(happening(`note ${index}`));
  expect(sent).toHaveLength(10);
  expect(await recorder.record(happening('x', { regarding: { ...regarding, name: 'other' } }))).toBe(true);
  time.now = 60_000;
  expect([await recorder.record(happening('y')), await recorder.record(happening('z'))]).toEqual([true, false]);
});

it('reports an event that could not be written and goes on', async () => {
  const { recorder, reports } = aRecorder(() => 403);
  expect(await recorder.record(happening('a'))).toBe(false);
  expect(reports).toEqual(['an event about EgressPolicy/shop/checkout was not written: refused']);
});

it('gives older API servers the namespace of the event for a cluster-scoped object', async () => {
  const point = { apiVersion: 'postern.dev/v1alpha1', kind: 'EnforcementPoint', name: 'edge' };
  const asked = ({ body }: ApiRequest) => (body as { regarding: { namespace?: string } }).regarding.namespace;
  const { recorder, sent } = aRecorder((request) => (asked(request) === undefined ? 422 : 0));
  expect(await recorder.record(happening('a', { regarding: point }))).toBe(true);
  expect(sent.map(asked)).toEqual([undefined, 'default']);
});

it('goes on when the clock is set back by hours', async () => {
  const { recorder, time } = aRecorder();
  time.now = 7_200_000;
  await recorder.record(happening('live'));
  time.setBackMs = 3_600_000;
  time.now += 600_000;
  expect(await recorder.record(happening('live'))).toBe(true);
});
