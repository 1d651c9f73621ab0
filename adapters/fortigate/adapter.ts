import type { Adapter } from '../../src/adapter/adapter.ts';
import { batch } from './batch.ts';
import { fortigateConfigSchema, type FortigateConfig } from './config.ts';
import { lowerDelta } from './delta.ts';
import { lower } from './lower/lower.ts';
import { unprobed } from './probe.ts';
import { FortigateSession } from './session.ts';

/** FortiOS 6.4 and later: groups or pushed feeds, and an ordered block of policies in one VDOM. */
export const fortigate: Adapter<FortigateConfig> = {
  kind: 'fortigate',
  config: fortigateConfigSchema,
  capabilities: unprobed,
  lower,
  lowerDelta,
  batch,
  // Not async, so that a secret without a token is a rejection and not a throw.
  connect: (config, deps) => Promise.resolve().then(() => new FortigateSession(config, deps)),
};
