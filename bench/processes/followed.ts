import { watchLag, type Lag } from './lag.ts';
import { peakMib, residentMib, retained } from './memory-use.ts';

export interface Followed {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMib: number;
  readonly residentMib: number;
  /** Bytes more than before it began. */
  readonly retained: number;
  readonly lag: Lag;
}

/** What it took until all was there. */
export async function followed<T>(
  follow: () => Promise<T>,
): Promise<{ readonly result: T; readonly before: number; readonly figures: Followed }> {
  const before = retained();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const lag = watchLag();
  const result = await follow();
  const { user, system } = process.cpuUsage(cpu);
  const figures = {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - started) / 1e3,
    peakMib: peakMib(),
    residentMib: residentMib(),
    lag: lag.stop(),
  };
  return { result, before, figures: { ...figures, retained: retained() - before } };
}
