import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Context } from '../lower/context.ts';
import { lower } from '../lower/lower.ts';
import { ownPolicyName, ruleListName } from '../objects/names.ts';
import { declareLists } from './lists.ts';
import { declareRules } from './rules.ts';

/** The oldest version of AS3 that has all of it. */
const schemaVersion = '3.40.0';

/**
 * The desired state as an AS3 declaration, for those who manage a BIG-IP by declarations: one tenant with the address,
 * port and rule lists and the policy, which is to be enforced where they want it. It is what `lower` says, frozen: members
 * follow pods only when it is rendered and posted again. Never post it to a partition that this adapter writes to.
 */
export function as3(desired: DesiredState, context: Context): string {
  const { config, owner } = context;
  const { resources } = lower(desired, context);
  const { rules, notes } = declareRules(resources);
  const shared: JsonObject = {
    class: 'Application',
    template: 'shared',
    ...declareLists(resources, context),
    [ruleListName(owner)]: { class: 'Firewall_Rule_List', rules },
    [ownPolicyName(owner)]: { class: 'Firewall_Policy', rules: [{ use: ruleListName(owner) }] },
  };
  const declaration: JsonObject = {
    class: 'ADC',
    schemaVersion,
    id: `postern-${owner.cluster}-${desired.point}`,
    updateMode: 'selective',
    ...(notes.length > 0 && { constants: { class: 'Constants', notes } }),
    [config.partition]: { class: 'Tenant', Shared: shared },
  };
  return `${JSON.stringify({ class: 'AS3', action: 'deploy', persist: true, declaration }, null, 2)}\n`;
}
