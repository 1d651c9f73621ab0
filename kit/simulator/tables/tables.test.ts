import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { fieldKinds, type Dialect } from './fields.ts';
import { dumped } from './dump.ts';
import { referencesOf } from './references.ts';
import { namesAt } from './rows.ts';
import { DeviceState } from './state.ts';
import { Tables } from './tables.ts';

const text = fieldKinds({} as Dialect).text('text', (value) => value);
const member = { ...text, to: ['address', 'group'] };
const groupReferences = referencesOf({ member, profile: { ...text, to: ['profile'], default: 'none' } });

function filled(): Tables<JsonObject> {
  const tables = new Tables<JsonObject>((table, row) => (table === 'group' ? groupReferences(row) : []));
  tables.put('address', 'a', { name: 'a' });
  tables.put('group', 'g', { name: 'g', member: [{ name: 'a' }], profile: 'none' });
  tables.put('group', 'h', { name: 'h', member: [{ name: 'g' }] });
  return tables;
}

describe('references', () => {
  it('are known in both directions, and follow every change', () => {
    const tables = filled();
    expect(tables.referrers('address', 'a')).toEqual([{ table: 'group', key: 'g' }]);
    expect(tables.referrers('group', 'g')).toEqual([{ table: 'group', key: 'h' }]);
    tables.put('group', 'g', { name: 'g', member: [] });
    expect(tables.referrers('address', 'a')).toEqual([]);
    tables.remove('group', 'h');
    expect(tables.referrers('group', 'g')).toEqual([]);
  });

  it('lead nowhere where no table has the name, unless the device filled it in itself', () => {
    const tables = filled();
    expect(tables.dangling('group', { member: [{ name: 'a' }, { name: 'x' }] })?.key).toBe('x');
    expect(tables.dangling('group', { member: [], profile: 'other' })?.key).toBe('other');
    expect(tables.dangling('group', { member: [], profile: 'none' })).toBeUndefined();
  });

  it('are found inside objects', () => {
    const inner = { ends: { kind: 'struct', read: text.read, fields: { lists: { ...text, to: ['list'] } } } };
    expect(referencesOf(inner)({ ends: { lists: ['x', 'y'] } }).map(({ key }) => key)).toEqual(['x', 'y']);
  });

  it('are followed to any depth, and round in circles once', () => {
    const tables = filled();
    const members = (row: JsonObject): readonly string[] => namesAt(row, 'member');
    expect(tables.reaches('group', ['h'], 'a', members)).toBe(true);
    tables.put('group', 'g', { name: 'g', member: [{ name: 'h' }] });
    expect(tables.reaches('group', ['h'], 'a', members)).toBe(false);
  });
});

describe('a fork', () => {
  it('goes its own way, and so does what it was made of', () => {
    const tables = filled();
    const fork = tables.fork();
    fork.put('address', 'b', { name: 'b' });
    tables.put('address', 'c', { name: 'c' });
    expect([...tables.rows('address').keys()]).toEqual(['a', 'c']);
    expect([...fork.rows('address').keys()]).toEqual(['a', 'b']);
    expect(fork.rows('group')).toBe(tables.rows('group'));
  });

  it('can be taken over table by table, and neither side sees what the other writes then', () => {
    const tables = filled();
    const fork = tables.fork();
    fork.put('address', 'b', { name: 'b' });
    fork.put('group', 'g', { name: 'g', member: [] });
    const before = tables.changes('address');
    tables.adopt(fork, ['address']);
    fork.put('address', 'c', { name: 'c' });
    expect([...tables.rows('address').keys()]).toEqual(['a', 'b']);
    expect([tables.changes('address') > before, tables.get('group', 'g')?.['member']]).toEqual([true, [{ name: 'a' }]]);
  });

  it('is what a checkpoint goes back to, any number of times', () => {
    const state = new DeviceState(filled(), (tables) => tables.fork());
    state.save();
    const back = state.checkpoint();
    for (let round = 0; round < 2; round += 1) {
      state.running.remove('address', 'a');
      expect(state.running.has('address', 'a')).toBe(false);
      back();
      expect(state.running.has('address', 'a')).toBe(true);
    }
    state.running.remove('address', 'a');
    expect(state.saved().has('address', 'a')).toBe(true);
  });
});

describe('order and counts', () => {
  it('rows stand where they were put, and every write is counted', () => {
    const tables = filled();
    const writes = tables.writes;
    tables.reorder('group', ['h', 'g', 'unknown']);
    expect([...tables.rows('group').keys()]).toEqual(['h', 'g']);
    expect(tables.writes).toBe(writes + 1);
  });

  it('a dump has the tables that hold anything: ordered ones in order, others sorted, delivered rows left out', () => {
    const tables = filled();
    tables.put('address', '0', { name: '0' });
    tables.reorder('group', ['h', 'g']);
    const schemas = [{ id: 'address' }, { id: 'group', ordered: true }, { id: 'empty' }];
    const dump = dumped(tables, schemas, (_, { name }) => (name === 'a' ? undefined : { name: name ?? '' }));
    expect(dump).toEqual({ address: [{ name: '0' }], group: [{ name: 'h' }, { name: 'g' }] });
  });
});
