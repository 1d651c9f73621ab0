import type { VNode } from 'preact';
import type { PointView } from '../../src/console/views/shapes.ts';
import type { ViewProps } from '../view-props.ts';
import { ageOf, counted, number } from '../data/words.ts';
import { Differences, Losses } from '../parts/gap-lists.tsx';
import { Empty, Meter, Ready, Room } from '../parts/parts.tsx';
import { hrefOf } from '../routes.ts';

/** One enforcement point with everything that is known of it. */
export function Point({ overview, route }: ViewProps): VNode {
  const point = overview.points.find(({ name }) => name === route.name);
  if (point === undefined)
    return (
      <Empty title={`There is no point “${route.name}”`} whole>
        <p>
          It may have been deleted or renamed. <a href={hrefOf('points')}>All points</a>
        </p>
      </Empty>
    );
  const now = Date.parse(overview.made.at);
  return (
    <>
      <p class="crumb">
        <a href={hrefOf('points')}>Points</a>
      </p>
      <h1 class="mono-title">{point.name}</h1>
      <p class="lead">
        <Ready ready={point.ready} /> {point.message}
      </p>
      <Facts point={point} now={now} />
      <p>
        <a href={hrefOf('timeline', { point: point.name })}>What was written to it</a>
      </p>
      <section aria-labelledby="losses">
        <h2 id="losses">What it cannot express</h2>
        {point.losses.length === 0 ? <p class="dim">Nothing: it can express every rule.</p> : <Losses point={point} />}
      </section>
      <section aria-labelledby="differences">
        <h2 id="differences">Drift</h2>
        {point.drift === null ? (
          <p class="dim">None was found: nobody else changed its rules.</p>
        ) : (
          <Differences drift={point.drift} />
        )}
      </section>
    </>
  );
}

function Facts({ point, now }: { readonly point: PointView; readonly now: number }): VNode {
  const { adapter, vantage, gateway, mode, defaultAction, covers, addresses, groups, liveSince, lastSyncTime } = point;
  const facts: readonly (readonly [string, VNode | string])[] = [
    ['Adapter', adapter],
    ['Mode', mode ?? 'not known'],
    ['Vantage', gateway === null ? (vantage ?? 'not known') : `${vantage}: ${gateway}`],
    ['Default action', defaultAction ?? 'not known'],
    ['Covers', covers === null ? 'every namespace' : covers.length === 0 ? 'no namespace' : shortened(covers)],
    ['Rules in force', <Meter key="rules" part={point.rulesThere} whole={point.rules} label="Rules in force" />],
    ['Largest group', <Room key="room" capacity={point.largestGroup} />],
    ['Addresses', addresses === null ? 'not known' : `${number(addresses)} in ${counted(groups ?? 0, 'group')}`],
    ['Live for', ageOf(liveSince, now)],
    ['Last read', lastSyncTime === null ? 'never' : `${ageOf(lastSyncTime, now)} ago`],
  ];
  return (
    <dl class="facts">
      {facts.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const mostNames = 8;

function shortened(names: readonly string[]): string {
  const rest = names.length - mostNames;
  return names.slice(0, mostNames).join(', ') + (rest > 0 ? ` and ${number(rest)} more` : '');
}
