import type { VNode } from 'preact';
import type { ViewProps } from '../view-props.ts';
import { counted } from '../data/words.ts';
import { Differences, Losses } from '../parts/gap-lists.tsx';
import { Empty } from '../parts/parts.tsx';
import { hrefOf } from '../routes.ts';

/** Everything in which a point is known to be other than what was asked. */
export function Gaps({ overview: { points, viewer } }: ViewProps): VNode {
  if (points.length === 0 && viewer.hidden.length > 0)
    return (
      <Empty title="You see no enforcement points" whole>
        <p>What they cannot express is shown to whoever may list enforcementpoints.postern.dev.</p>
      </Empty>
    );
  const withGaps = points.filter(({ losses, drift }) => losses.length > 0 || drift !== null);
  const losses = points.reduce((sum, point) => sum + point.losses.length, 0);
  return (
    <>
      <h1 class="statement">
        {losses === 0
          ? 'Every point can express what is wanted.'
          : `${counted(losses, 'thing')} a point cannot express.`}
      </h1>
      <p class="lead">
        Not every device can say everything. What it cannot, it leaves out or makes narrower, never wider, and it is
        listed here with what stands in its place.
      </p>
      {withGaps.length === 0 && (
        <Empty title="No gaps are known">
          <p>
            A wildcard name at a device without names, or a rule that only another layer can decide, would stand here,
            and so would what somebody changed on a device by hand.
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
              <h3>Changed behind Postern’s back</h3>
              <Differences drift={point.drift} />
            </>
          )}
        </section>
      ))}
    </>
  );
}
