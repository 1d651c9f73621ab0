import type { VNode } from 'preact';
import type { RecordView } from '../../src/console/views/shapes.ts';
import { clockOf, counted, dayOf } from '../data/words.ts';

/** On what the timeline rests: the chain of each point. */
export function Records({ records }: { readonly records: readonly RecordView[] }): VNode {
  return (
    <section aria-labelledby="records">
      <h2 id="records">The record</h2>
      <ul class="records">
        {records.map(({ point, records: count, from, to, hash, unsettled, holes }) => (
          <li key={point}>
            <b>{point}</b>
            <span class={holes.length === 0 ? 'good' : 'bad'}>
              {holes.length === 0 ? 'chain intact' : counted(holes.length, 'fault')}
            </span>
            <span>
              {counted(count, 'record')}, {momentOf(from)} to {momentOf(to)}
              {unsettled > 0 && `, ${counted(unsettled, 'write')} without an outcome`}
            </span>
            <span class="mono dim hash">{hash}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function momentOf(time: string): string {
  return time === '' ? 'nothing' : `${dayOf(time)} ${clockOf(time)}`;
}
