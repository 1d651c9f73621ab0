import type { VNode } from 'preact';
import type { DriftView, PointView } from '../../src/console/views/shapes.ts';
import { clockOf, counted, dayOf } from '../data/words.ts';

const effects: Readonly<Record<string, string>> = {
  rejected: 'left out',
  narrowed: 'narrower',
  split: 'split',
  elsewhere: 'left to another layer',
  approximate: 'approximate',
};
const mostPolicies = 6;

/** What a point cannot express, and what Postern wrote instead. */
export function Losses({ point: { losses } }: { readonly point: Pick<PointView, 'losses'> }): VNode {
  return (
    <ul class="gaps">
      {losses.map(({ effect, code, message, policies }) => (
        <li key={`${effect} ${code} ${message}`}>
          <span class={`tag effect-${effect}`}>{effects[effect] ?? effect}</span>
          <div>
            <p>{message}</p>
            <p class="small dim">
              <span class="mono">{code}</span>
              {policies.length > 0 && ` · ${policies.slice(0, mostPolicies).join(', ')}`}
              {policies.length > mostPolicies && ` and ${policies.length - mostPolicies} more`}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

const whats: Readonly<Record<string, string>> = {
  missing: 'was missing',
  unexpected: 'was unexpected',
  changed: 'was changed',
  members: 'had other members',
  order: 'was out of order',
};

/** How a device differed from the desired state when drift was last found. */
export function Differences({ drift }: { readonly drift: DriftView }): VNode {
  const { at, healed, count, differences } = drift;
  return (
    <>
      <p>
        {counted(count, 'object')} on {dayOf(at)} at <time dateTime={at}>{clockOf(at)}</time>;{' '}
        {healed ? 'restored since.' : 'not restored.'}
      </p>
      <ul class="gaps">
        {differences.map(({ what, object, field }) => (
          <li key={`${what} ${object} ${field}`}>
            <span class="tag">{whats[what] ?? what}</span>
            <div class="mono">
              {object} <span class="dim">{field}</span>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
