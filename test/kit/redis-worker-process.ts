import { writeSync } from 'node:fs';
import { redisConfigSchema } from '../../src/redis/config.ts';
import { aRedisRig, takenOverTimes } from './redis-rig.ts';

/*
 * A worker in a process of its own, to be killed: takes points, says which on its standard output, and never ends with
 * them. Arguments: the configuration of Redis as JSON, and the installation.
 */
const [config = '', installation = ''] = process.argv.slice(2);
const rig = await aRedisRig(redisConfigSchema.parse(JSON.parse(config)), installation, takenOverTimes);
rig.queue().process((point) => {
  writeSync(1, `${point}\n`);
  return new Promise(() => undefined);
}, 1);
