import type { VNode } from 'preact';
import type { ViewProps } from '../view-props.ts';
import { counted } from '../data/words.ts';
import { Differences, Losses } from '../parts/gap-lists.tsx';
import { Empty } from '../parts/parts.tsx';
import { hrefOf } from '../routes.ts';

/** Every known difference between the points and the intent. */
export function Gaps({ overview: { points, viewer } }: ViewProps): VNode {
  if (points.length === 0 && viewer.hidden.length > 0)
    return (
      <Empty title="You see no enforcement points" whole>
        <p>To see what they cannot express, you need the right to list enforcementpoints.postern.dev.</p>
      </Empty>
    );
  const withGaps = points.filter(({ losses, drift }) => losses.length > 0 || drift !== null);
  const losses = points.reduce((sum, point) => sum + point.losses.length, 0);
  return (
    <>
      <h1 class="statement">
        {losses === 0
          ? 'Every point can express the intent.'
          : `${counted(losses, 'loss', 'losses')}: what the points cannot express.`}
      </h1>
      <p class="lead">
        A device may be unable to express part of a policy. Postern leaves that part out or makes it narrower, never
        wider, and lists here what it did instead.
      </p>
      {withGaps.length === 0 && (
        <Empty title="No gaps are known">
          <p>
            Examples are a wildcard name on a device without domain names, a rule that only another layer can enforce,
            and a change that somebody made on a device by hand.
          </p>
        </Empty>
      )}
      {withGaps.map((point) => (
        <section key={point.name} aria-labelledby={`gaps-${point.name}`}>
          <h2 id={`gaps-${point.name}`}>
            <a href={hrefOf('points', {}, point.name)}>{point.name}</a> <span class="dim">{point.adapter}</span>
          </h2>
          {point.losses.length > 0 && <Losses point={point} />}
          {point.drift !== null && (
            <>
              <h3>Drift</h3>
              <Differences drift={point.drift} />
            </>
          )}
        </section>
      ))}
    </>
  );
}
