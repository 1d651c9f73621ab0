import { isClass } from '../../../../kit/common/api/answers.ts';
import type { Owner } from '../../../../src/adapter/owner.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Ask } from '../../api/client.ts';
import { description } from '../../objects/names.ts';

/**
 * Makes the partition that holds our objects. It stays when they go: others may have come to use it.
 *
 * @throws AdapterError `forbidden` with the command for an administrator
 */
export async function createPartition(ask: Ask, name: string, owner: Owner): Promise<void> {
  try {
    const body = { name, description: description(owner, 'partition') };
    await ask({ method: 'POST', collection: 'tm/auth/partition', body });
  } catch (error) {
    if (isClass(error, 'conflict')) return; // another worker was faster
    if (!isClass(error, 'forbidden')) throw error;
    const message = `There is no partition ${name}, and this user may not make one. Make it: tmsh create auth partition ${name}`;
    throw new AdapterError('forbidden', message, error.details);
  }
}
