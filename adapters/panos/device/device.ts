import { RuleSequence } from '../../../kit/ordered-table/rule-sequence.ts';
import type { Device } from '../../../kit/common/session.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Ask } from '../api/client.ts';
import type { PanosConfig } from '../config.ts';

/** Who asks, and what. */
export interface Panos extends Device<Ask, PanosConfig> {
  /** Whose changes are committed, and no others. */
  readonly admin: string;
}

/** What a session knows of the device to write without another read. */
export interface Known {
  /** All rules of the virtual system, as they are in force and as they were edited since. */
  readonly rules: RuleSequence;
  /** As it was last read. */
  readonly registered: Registered;
  /** Our groups that are in force without the tags of addresses that are forgotten after a time. */
  readonly untimed: ReadonlySet<string>;
}

export interface Registered {
  /** Tags by address, canonical. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
  /** False: the device says that there are more. */
  readonly complete: boolean;
}

/** One edit of the candidate configuration. */
export interface Edit {
  readonly op: 'edit' | 'delete' | 'move';
  /** Attributes and elements. */
  readonly content: JsonObject;
}

/** Before anything was read. */
export const nothingKnown: Known = {
  rules: new RuleSequence(),
  registered: { tags: new Map(), complete: false },
  untimed: new Set(),
};

/** A device while edits for one commit are put together. */
export interface Work extends Panos, Known {
  readonly edits: Edit[];
}
