import { describe, expect, it } from 'vitest';
import { enforcementPointSchema } from '../src/api/enforcement-point.ts';
import { adapters, loadAdapter } from './index.ts';

describe('the registry of adapters', () => {
  it.each(Object.keys(adapters))('gives %s under its own name', async (kind) => {
    expect((await loadAdapter(kind))?.kind).toBe(kind);
  });

  it('has every kind that the field reference offers', () => {
    const offered = enforcementPointSchema.shape.spec.shape.adapter.description?.match(/(?<=`)[a-z0-9-]+(?=`)/g) ?? [];
    expect(offered).not.toEqual([]);
    expect(Object.keys(adapters)).toEqual(expect.arrayContaining(offered));
  });
});
