import type { PlayedWorld } from './mesh-play.ts';

/* What must not be between a real mesh, the intent, and what the model says of the mesh. */

/** What istiod or a proxy did not take; what was reached and may not be; what may be reached, was not, and was not said beforehand of this flow. */
export function faultsOf({ outcomes, refusals }: PlayedWorld): readonly string[] {
  const flows = outcomes.flatMap(({ flow: { id }, real, isWithin, isWanted, isTold }) => {
    if (isWithin === false) return [`wider: ${id} reached ${real.server ?? ''}:${real.server_port ?? ''}`];
    if (!isWanted || isTold || real.verdict === 'reached') return [];
    return [`narrower: ${id} was refused by ${real.by ?? ''}`];
  });
  return [...refusals, ...flows];
}

/** Where the model says for certain what is not so. */
export function wrongOf({ outcomes }: PlayedWorld): readonly string[] {
  return outcomes.flatMap(({ flow: { id }, real, model }) => {
    if (model?.certain !== true) return [];
    const { verdict, outside, steps } = model;
    // It says that there is a way, which is another than the one that was played: past the waypoint there is no ztunnel here.
    const others = /^(lets a request|puts it behind|takes a share)|ztunnel lets the unknown pass$/;
    const isOtherWay = steps.some(({ reason }) => others.test(reason));
    const said = verdict === 'Deny' ? 'refused' : `reached ${outside.host || outside.address}:${outside.port}`;
    const was = real.verdict === 'refused' ? 'refused' : `reached ${real.server ?? ''}:${real.server_port ?? ''}`;
    const last = steps.at(-1);
    if (said === was || isOtherWay) return [];
    return [
      `${id}: the model says ${said} (${last?.object ?? ''} ${last?.reason ?? ''}), it was ${was} by ${real.by ?? ''}`,
    ];
  });
}
