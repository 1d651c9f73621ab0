import { repeatable } from '../../../kit/common/api/answers.ts';
import type { Device } from '../../../kit/common/session.ts';
import type { Ask, Call } from '../api/client.ts';
import type { Envelope } from '../api/envelope.ts';
import type { FortigateConfig } from '../config.ts';
import type { Inventory } from './inventory.ts';

export type Fortigate = Device<Ask, FortigateConfig>;

/** A device while a batch is being sent to it. */
export interface Work extends Fortigate {
  readonly inventory: Inventory;
  /** Everything becomes visible at one instant, so that nothing has to be hidden while it is unfinished. */
  readonly atomic: boolean;
}

/** A request to the configuration that may be sent twice without harm. */
export function edit(ask: Ask, call: Omit<Call, 'base'>): Promise<Envelope> {
  return repeatable(() => ask({ base: 'cmdb', ...call }));
}
