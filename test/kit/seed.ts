import fc from 'fast-check';

/**
 * What CI says of a commit must not depend on luck, so there every property tries the same inputs. Elsewhere each run
 * looks at new ones; `PROPERTY_SEED=n` repeats a run.
 */
const seed = process.env['PROPERTY_SEED'] ?? (process.env['CI'] === 'true' ? '20261129' : undefined);
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
