import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { PanosConfig } from '../config.ts';

export type Context = LowerContext<PanosConfig>;
