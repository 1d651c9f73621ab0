import { expect, it } from 'vitest';
import { WholeView } from './whole-view.ts';

it('stays whole while changes wait, as they always do', () => {
  const view = new WholeView();
  expect([view.takenIn(true), view.look(true, true), view.whole]).toEqual([false, false, true]);
});

it('is whole again when all is seen and nothing that was found then waits any more', () => {
  const view = new WholeView();
  expect([view.look(false, false), view.whole]).toEqual([true, false]);
  expect([view.takenIn(false), view.whole]).toEqual([false, false]);
  expect([view.look(true, true), view.whole]).toEqual([false, false]);
  expect([view.takenIn(true), view.whole]).toEqual([false, false]);
  expect([view.takenIn(false), view.whole]).toEqual([true, true]);
});

it('is whole again at once where nothing waits', () => {
  const view = new WholeView();
  view.look(false, true);
  expect([view.look(true, false), view.whole]).toEqual([true, true]);
});
