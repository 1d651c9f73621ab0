import { describe, expect, it } from 'vitest';
import { readPod } from './core-kinds.ts';

const pod = { metadata: { name: 'web', namespace: 'shop' }, spec: {} };

describe('the phase of a pod', () => {
  it.each([
    ['Running', 'Running'],
    ['Succeeded', 'Succeeded'],
    ['Hibernated', 'Unknown'],
    ['', 'Unknown'],
    [undefined, 'Pending'],
  ])('%j is %s: a word that nobody knows is no reason to refuse the pod', (phase, read) => {
    expect(readPod({ ...pod, status: { phase, podIP: '10.0.0.1' } })).toMatchObject({
      object: { phase: read, addresses: ['10.0.0.1'] },
    });
  });
});
