import { setTimeout as wait } from 'node:timers/promises';
import { firewallNames } from './firewalls.ts';
import type { ChaosInstallation, Part } from './installation.ts';
import type { Random } from './random.ts';

/** Something that goes wrong, and is over when it resolves. */
export interface PlannedFault {
  readonly name: string;
  readonly afterMs: number;
  readonly run: (installation: ChaosInstallation) => Promise<void>;
}

type Fault = (random: Random) => Pick<PlannedFault, 'name' | 'run'>;

const workers: readonly Part[] = ['worker', 'second'];

function killed(part: Part, downMs: number): Pick<PlannedFault, 'name' | 'run'> {
  return {
    name: `kill -9 of ${part} for ${downMs} ms`,
    run: async (installation) => {
      await installation.process(part).kill();
      await wait(downMs);
      installation.start(part);
    },
  };
}

function paused(part: Part, ms: number): Pick<PlannedFault, 'name' | 'run'> {
  return {
    name: `pause of ${part} for ${ms} ms`,
    run: async (installation) => {
      const process = installation.process(part);
      process.signal('SIGSTOP');
      await wait(ms);
      process.signal('SIGCONT');
    },
  };
}

/** Twice what is likely. */
const faults: readonly Fault[] = [
  (random) => killed(random.of(workers), random.between(0, 3_000)),
  (random) => killed(random.of(workers), random.between(0, 500)),
  (random) => killed('controller', random.between(0, 1_000)),
  (random) => paused(random.of(workers), random.between(200, 4_000)),
  (random) => paused(random.of(workers), random.between(15_000, 18_000)),
  (random) => paused('controller', random.between(500, 5_000)),
  (random) => killed('feed', random.between(0, 3_000)),
  (random) => paused('feed', random.between(500, 5_000)),
  (random) => redisKilled(random.between(0, 4_000)),
  (random) => redisKilled(random.between(0, 300)),
  () => ({ name: 'flush of Redis', run: ({ redis }) => asAdmin(redis, (admin) => admin.flushall()) }),
  (random) => redisPaused(random.between(500, 7_000)),
  (random) => apiAway(random.between(200, 4_000)),
  () => ({ name: 'watches cut', run: ({ cluster: { api } }) => atOnce(() => api.closeWatches()) }),
  () => ({ name: 'history forgotten', run: ({ cluster: { api } }) => atOnce(() => compacted(api)) }),
  (random) =>
    jumped(random.of(['controller', 'feed', ...workers] as const), random.of([-7_200_000, -60_000, 60_000, 7_200_000])),
  (random) =>
    device(random.of(firewallNames), random.of(['reset-before', 'reset-after', 'html'] as const), random.between(1, 4)),
];

/** What goes wrong in a round. */
export function planFaults(random: Random): readonly PlannedFault[] {
  const planned = Array.from({ length: random.between(1, 3) }, () => {
    return { ...random.of(faults)(random), afterMs: random.between(0, 1_500) };
  });
  // What is away cannot go away, nor come back twice.
  return [...new Map(planned.map((fault) => [fault.name.split(' for ')[0], fault])).values()];
}

function redisKilled(downMs: number): Pick<PlannedFault, 'name' | 'run'> {
  return {
    name: `kill -9 of Redis for ${downMs} ms`,
    run: async ({ redis }) => {
      await redis.kill();
      await wait(downMs);
      await redis.start();
    },
  };
}

function redisPaused(ms: number): Pick<PlannedFault, 'name' | 'run'> {
  const run: PlannedFault['run'] = async ({ redis }) => {
    await asAdmin(redis, (admin) => admin.call('CLIENT', 'PAUSE', ms, 'ALL'));
    // What was said in the meantime arrives only after that.
    await wait(ms);
  };
  return { name: `pause of Redis for ${ms} ms`, run };
}

function apiAway(ms: number): Pick<PlannedFault, 'name' | 'run'> {
  return {
    name: `API server away for ${ms} ms`,
    run: async ({ cluster: { api } }) => {
      const { port } = api;
      await api.stop();
      await wait(ms);
      await api.listen(port);
    },
  };
}

function jumped(part: Part, aheadMs: number): Pick<PlannedFault, 'name' | 'run'> {
  return {
    name: `clock of ${part} ${aheadMs} ms ahead`,
    run: async (installation) => {
      installation.jump(part, aheadMs);
      await wait(3_000);
      installation.jump(part, 0);
      await wait(100);
    },
  };
}

function device(
  name: string,
  kind: 'reset-before' | 'reset-after' | 'html',
  times: number,
): Pick<PlannedFault, 'name' | 'run'> {
  return {
    name: `${kind} ${times} times at ${name}`,
    run: ({ devices }) =>
      Promise.resolve(devices.get(name)?.fault({ kind, times, match: '^(POST|PUT|PATCH|DELETE) ' })),
  };
}

function atOnce(task: () => void): Promise<void> {
  task();
  return Promise.resolve();
}

function compacted(api: ChaosInstallation['cluster']['api']): void {
  api.compact();
  api.closeWatches();
}

async function asAdmin(
  redis: ChaosInstallation['redis'],
  ask: (admin: ReturnType<ChaosInstallation['redis']['admin']>) => Promise<unknown>,
): Promise<void> {
  const admin = redis.admin();
  try {
    await ask(admin);
  } finally {
    admin.disconnect();
  }
}
