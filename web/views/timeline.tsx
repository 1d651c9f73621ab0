import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ChangeView, HoleView, TimelineView } from '../../src/console/views/shapes.ts';
import type { ViewProps } from '../view-props.ts';
import { useDocument } from '../data/use-document.ts';
import { counted, dayOf, number } from '../data/words.ts';
import { Empty, Failed, Loading, SearchField, SelectField } from '../parts/parts.tsx';
import { Records } from '../parts/records.tsx';
import { Change, reasons } from '../parts/change.tsx';
import { refine, type Route } from '../routes.ts';

/** What was written to the devices, and which flows that opened or closed. */
export function Timeline({ source, route }: ViewProps): VNode {
  const { value, error } = useDocument(source, 'timeline', 10_000);
  if (value === undefined)
    return error === undefined ? <Loading what="the record" /> : <Failed failure={error} what="The timeline" />;
  if (value.records.length === 0)
    return (
      <Empty title="Nothing is on record yet" whole>
        <p>
          Postern records every change before it sends it, in a hash chain that reveals tampering. Once a rule has been
          written to a device, this shows which flows it opened or closed, and for which policy.
        </p>
      </Empty>
    );
  return <Shown timeline={value} route={route} />;
}

const atFirst = 60;

function Shown({ timeline, route }: { readonly timeline: TimelineView; readonly route: Route }): VNode {
  const [most, setMost] = useState(atFirst);
  const point = route.params.get('point') ?? '';
  const words = route.params.get('q') ?? '';
  const found = useMemo(() => entriesOf(timeline, point, words), [timeline, point, words]);
  const points = timeline.records.map((record) => record.point);
  return (
    <>
      <h1 class="statement">Flows opened and closed</h1>
      <div class="filters" role="search">
        <SearchField
          id="q"
          label="Search"
          value={words}
          placeholder="policy, destination, address"
          onValue={(q) => refine(route, { q })}
        />
        <SelectField
          id="point"
          label="Point"
          value={point}
          options={[['', 'all'], ...points.map((name) => [name, name] as const)]}
          onValue={(value) => refine(route, { point: value })}
        />
        <p class="shown" role="status">
          {counted(found.filter((entry) => 'change' in entry).length, 'change')}
        </p>
      </div>
      {found.length === 0 && (
        <Empty title="Nothing fits">
          <p>
            No change matches. <a href="#/timeline">Show everything</a>
          </p>
        </Empty>
      )}
      <Days entries={found.slice(0, most)} />
      {found.length > most && (
        <button type="button" class="button quiet" onClick={() => setMost(most + atFirst * 4)}>
          Show {number(Math.min(found.length - most, atFirst * 4))} older
        </button>
      )}
      {timeline.left > 0 && (
        <p class="dim">{counted(timeline.left, 'older change')} are on record; `postern audit export` has them.</p>
      )}
      <Records records={timeline.records} />
    </>
  );
}

type Entry =
  | { readonly at: string; readonly change: ChangeView }
  | { readonly at: string; readonly point: string; readonly hole: HoleView };

/** Changes and holes in one order, the latest first. */
function entriesOf({ changes, records }: TimelineView, point: string, words: string): readonly Entry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = changes
    .filter(
      (change) => (point === '' || change.point === point) && wanted.every((word) => textOf(change).includes(word)),
    )
    .map((change) => ({ at: change.at, change }));
  const holes = records
    .filter((record) => point === '' || record.point === point)
    .flatMap((record) => record.holes.map((hole) => ({ at: hole.after, point: record.point, hole })));
  return [...shown, ...holes].sort((a, b) => (a.at < b.at ? 1 : -1));
}

function textOf({ point, reason, opened, closed, policies, message }: ChangeView): string {
  return JSON.stringify([point, reasons[reason], opened, closed, policies, message]).toLowerCase();
}

function Days({ entries }: { readonly entries: readonly Entry[] }): VNode {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = dayOf(entry.at) || 'Without a date';
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return (
    <div class="timeline">
      {[...days].map(([day, own]) => (
        <section key={day} aria-label={day}>
          <h2 class="day">{day}</h2>
          <ol>
            {own.map((entry) =>
              'change' in entry ? (
                <Change key={`${entry.at} ${entry.change.point} ${entry.change.reason}`} change={entry.change} />
              ) : (
                <Hole key={`${entry.at} ${entry.hole.message}`} {...entry} />
              ),
            )}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Hole({ point, hole }: { readonly point: string; readonly hole: HoleView }): VNode {
  return (
    <li class="hole">
      <b>The record of {point} has a gap here.</b> {hole.message}. Writes in that time may be missing;{' '}
      <code>postern audit verify</code> lists the lines.
    </li>
  );
}
