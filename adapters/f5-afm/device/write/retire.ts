import { AdapterError } from '../../../../src/adapter/errors.ts';
import { canonical } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { Ask, Call } from '../../api/client.ts';
import { tables } from '../../objects/names.ts';
import { ruleSpec } from '../../objects/rule.ts';

/** The name is the policy's path and the rule's name. @throws AdapterError `conflict` where the rule says something else than it did */
export async function retire(ask: Ask, { key, before }: Change): Promise<void> {
  const cut = key.name.lastIndexOf('/');
  const child = ['rules', key.name.slice(cut + 1)] as const;
  const at: Omit<Call, 'method'> = { collection: `tm/${tables.policy}`, object: key.name.slice(0, cut), child };
  const { handsOn, inList, ...was } = before?.spec ?? {};
  if (handsOn === true || inList === true)
    throw new AdapterError(
      'unsupported',
      `Rule ${key.name} is used in other places, too: Postern does not switch it off without knowing all of them.`,
    );
  if (canonical(ruleSpec(await ask({ method: 'GET', ...at }))) !== canonical(was))
    throw new AdapterError('conflict', `Rule ${key.name} is not what it was when it was read: look at it again.`);
  await ask({ method: 'PATCH', ...at, body: { status: 'disabled' } });
}
