import type { PointOutcome } from '../core/model/outcome.ts';
import type { Loss } from '../core/model/resource.ts';
import { update, type Update } from './definitions.ts';

const states: Readonly<Record<PointOutcome['state'], true>> = {
  programmed: true,
  'in-progress': true,
  activating: true,
  sent: true,
  planned: true,
  held: true,
  partial: true,
  failed: true,
};

const effects: Readonly<Record<Loss['effect'], true>> = {
  rejected: true,
  narrowed: true,
  split: true,
  elsewhere: true,
  approximate: true,
};

/** What is known of a point, as gauges: the whole of it each time. */
export function ofOutcome(outcome: PointOutcome): readonly Update[] {
  const { point, losses } = outcome;
  return [
    ...Object.keys(states).map((state) =>
      update('postern_point_state', state === outcome.state ? 1 : 0, { point, state }),
    ),
    ...Object.keys(effects).map((effect) =>
      update('postern_point_losses', losses.filter((loss) => loss.effect === effect).length, { point, effect }),
    ),
    update('postern_point_last_sync_timestamp_seconds', seconds(outcome.lastSyncTime), { point }),
    update('postern_point_rules', outcome.rules, { point }),
    update('postern_point_addresses', outcome.addresses, { point }),
    update('postern_point_quarantined', outcome.refused.length, { point }),
    update('postern_point_differing', outcome.differing?.length ?? 0, { point }),
  ];
}

/** Since the epoch; 0 for no time. */
function seconds(time: string): number {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? 0 : ms / 1_000;
}
