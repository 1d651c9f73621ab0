import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifests, thinned } from '../kit/thinned-objects.ts';
import { accepted, isKnown, permitted } from './breadth-world.ts';

/* Decision 12: whatever is dropped anywhere in an accepted object, what is left is refused, or permits no more. */

describe('what is dropped on the way in', () => {
  it('never makes an object say more, unless one of several conditions went', () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        const object = accepted(manifest);
        expect(object, JSON.stringify(manifest)).toBeDefined();
        const before = permitted(object!);
        for (const thin of thinned(manifest)) {
          const left = accepted(thin.stored);
          // Nothing in what is left shows that there was an action; the API server refuses its null on every way in.
          if (left === undefined || isKnown(manifest, thin) || thin.path.at(-1) === 'action') continue;
          const more = [...permitted(left)].filter((flow) => !before.has(flow));
          expect(more, `${thin.path.join('.')} of ${JSON.stringify(manifest)}`).toEqual([]);
        }
      }),
      { seed: 10, numRuns: 150 },
    );
  });

  it('is refused as a null in a file, and where kubectl dropped it from an object that permits', () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        for (const { path, sent, stored } of thinned(manifest)) {
          expect(accepted(sent), path.join('.')).toBeUndefined();
          const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(sent) };
          const applied = accepted({ ...stored, metadata: { ...stored.metadata, annotations } });
          const permits = sent.kind !== 'ExternalService' && !JSON.stringify(manifest).includes('"Deny"');
          if (permits && path[1] !== 'governance') expect(applied, path.join('.')).toBeUndefined();
        }
      }),
      { seed: 12, numRuns: 50 },
    );
  });
});
