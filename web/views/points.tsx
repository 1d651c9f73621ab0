import type { VNode } from 'preact';
import type { Overview, PointView } from '../../src/console/views/shapes.ts';
import type { ViewProps } from '../view-props.ts';
import { ageOf, counted, number } from '../data/words.ts';
import { Empty, Meter, Ready, Room } from '../parts/parts.tsx';
import { Latest } from '../parts/latest.tsx';
import { Problems } from '../parts/problems.tsx';
import { hrefOf } from '../routes.ts';

/** Every enforcement point at a glance. */
export function Points({ overview, source }: ViewProps): VNode {
  const { points, problems, viewer } = overview;
  return (
    <>
      <h1 class="statement">{statement(overview)}</h1>
      {viewer.hidden.length > 0 && <Hidden viewer={viewer} />}
      {points.length === 0 ? (
        <NoPoints overview={overview} />
      ) : (
        <ul class="points" role="list">
          <li class="points-head" aria-hidden="true">
            <span>Point</span>
            <span>Status</span>
            <span>Rules in force</span>
            <span>Largest group</span>
            <span>Addresses</span>
            <span>Live for</span>
            <span>Last read</span>
          </li>
          {points.map((point) => (
            <PointRow key={point.name} point={point} now={Date.parse(overview.made.at)} />
          ))}
        </ul>
      )}
      <Problems problems={problems} />
      <Latest source={source} />
    </>
  );
}

function statement({ points, made }: Overview): string {
  if (points.length === 0) return 'There are no enforcement points.';
  const bad = points.filter(({ ready }) => ready === 'False').length;
  const unknown = points.filter(({ ready }) => ready === 'Unknown').length;
  const all = counted(points.length, 'point');
  if (bad > 0) return `${number(bad)} of ${all} ${bad === 1 ? 'does' : 'do'} not match the intent.`;
  if (unknown === points.length && !made.live) return `The intent for ${all}.`;
  if (unknown > 0) return `The state of ${number(unknown)} of ${all} is not known yet.`;
  if (points.length === 1) return 'The point matches the intent.';
  return `${points.length === 2 ? 'Both points' : `All ${all}`} match the intent.`;
}

function PointRow({ point, now }: { readonly point: PointView; readonly now: number }): VNode {
  const { name, adapter, mode, vantage, ready, message, rules, rulesThere, addresses, liveSince, lastSyncTime } = point;
  const about = [adapter, vantage && `sees ${vantage}`, mode === 'Observe' && 'only observes'].filter(Boolean);
  return (
    <li class={`point point-${ready}`}>
      <div class="point-name">
        <a href={hrefOf('points', {}, name)}>{name}</a>
        <span class="dim small">{about.join(' · ')}</span>
      </div>
      <div class="point-state">
        <Ready ready={ready} />
        <span class="point-message">{message}</span>
      </div>
      <Cell label="Rules in force">
        <Meter part={rulesThere} whole={rules} label="Rules in force" />
      </Cell>
      <Cell label="Largest group">
        <Room capacity={point.largestGroup} />
      </Cell>
      <Cell label="Addresses">{addresses === null ? '–' : number(addresses)}</Cell>
      <Cell label="Live for">{ageOf(liveSince, now)}</Cell>
      <Cell label="Last read">{lastSyncTime === null ? '–' : `${ageOf(lastSyncTime, now)} ago`}</Cell>
    </li>
  );
}

function Cell({ label, children }: { readonly label: string; readonly children: VNode | string }): VNode {
  return (
    <div class="point-cell">
      <span class="cell-label">{label}</span>
      {children}
    </div>
  );
}

function Hidden({ viewer }: Pick<Overview, 'viewer'>): VNode {
  return (
    <details class="notice">
      <summary>
        You are <b>{viewer.name}</b>, and not everything is shown.
      </summary>
      <ul>
        {viewer.hidden.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}

function NoPoints({ overview }: { readonly overview: Overview }): VNode {
  if (overview.viewer.hidden.length > 0) return <Empty title="You see no enforcement points" />;
  return (
    <Empty title="No policy is enforced yet">
      <p>
        An <code>EnforcementPoint</code> is a firewall, a mesh or the network policies of a cluster. Without one,
        policies have no effect.
      </p>
      <pre class="command">postern simulate fortigate -o yaml &gt; point.yaml</pre>
      <p>writes a simulated one to try; in mode Observe Postern only shows what it would change.</p>
    </Empty>
  );
}
