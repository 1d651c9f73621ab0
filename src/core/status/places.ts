import type { PointStatus } from '../../api/status.ts';
import type { Judgement } from './conditions.ts';

/*
 * Where a point writes to, and where it wrote to before: another VDOM, another device, with another adapter, or under
 * another name of the cluster. Nobody goes back there: what is in force there stays until a person takes it off.
 */

type Places = Pick<PointStatus, 'writesTo' | 'leftBehind'>;

const mostPlaces = 16;

/**
 * @param before as the status said it
 * @param here where a worker wrote to last; undefined: it has written nothing yet
 * @param acknowledged the value of the annotation: the places that nobody need look at any more, `;` between them, or `all`
 */
export function placesOf(
  before: Places | undefined,
  here: string | undefined,
  acknowledged: string | undefined,
): Places {
  const { writesTo = here, leftBehind = [] } = before ?? {};
  const done = (acknowledged ?? '').split(';').map((place) => place.trim());
  const now = here ?? writesTo;
  const left = [...leftBehind, ...(writesTo === undefined ? [] : [writesTo])].filter(
    (place) => place !== now && !done.includes('all') && !done.includes(place),
  );
  const distinct = [...new Set(left)].slice(-mostPlaces);
  return { ...(now !== undefined && { writesTo: now }), ...(distinct.length > 0 && { leftBehind: distinct }) };
}

/** Undefined: nothing was left behind. */
export function withdrawn({ leftBehind = [] }: Places, point: string): Judgement | undefined {
  if (leftBehind.length === 0) return undefined;
  const message =
    `It wrote to ${leftBehind.join('; ')} before, and what it granted there may still be in force. ` +
    `Take it off with postern withdraw, with the point as it was (-f OLD.yaml --point ${point} --cluster NAME --yes), or the device itself; ` +
    `then: kubectl annotate enfp ${point} --overwrite postern.dev/left-behind=all`;
  return { type: 'Withdrawn', status: 'False', reason: 'LeftBehind', message };
}
