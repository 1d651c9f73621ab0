import { denies, pointInCluster, report, type Case, type Comparison } from './report.ts';

/** A flow to an address that nobody wants and a sidecar stops, unless the client says that it goes to another host. */
export function underClaimedName(comparison: Comparison, one: Case): void {
  const { mesh, perimeters, intent } = comparison;
  const { pods, probe } = one;
  const way = mesh?.claiming(pods.client, pods.meshKin, probe);
  if (way === undefined) return;
  const { claim, doubt } = way;
  const { object: rule, reason } = claim;
  const [open, ...others] = perimeters.meet(pods, '', probe);
  const point = pointInCluster(one);
  if (open?.stops === true || others.some(({ stops }) => stops)) {
    const told = `${rule} ${reason}: the perimeter has to stop it`;
    report(comparison, one, { side: 'known', point, rule, reason: told, probe });
    return;
  }
  if (doubt !== undefined) {
    report(comparison, one, { side: 'unknown', point, rule: doubt.object, reason: doubt.reason, probe });
    return;
  }
  const told = `${rule} ${reason}, and ${denies(intent.answer(pods.policies, probe))}`;
  if (open === undefined) report(comparison, one, { side: 'wider', point, rule, reason: told, probe });
  else report(comparison, one, { side: 'perimeterOnly', point: open.point, rule: open.rule, reason: told, probe });
}
