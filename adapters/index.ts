import type { Adapter } from '../src/adapter/adapter.ts';
import type { StartSimulator } from '../src/adapter/simulator.ts';

/** Every kind of enforcement point, loaded when first needed. Adding one is a line here and a folder beside it. */
export const adapters: Readonly<Record<string, () => Promise<Adapter>>> = {
  fortigate: async () => (await import('./fortigate/adapter.ts')).fortigate,
  memory: async () => (await import('./memory/adapter.ts')).createMemoryAdapter(),
};

/** Appliances to practise on, by the kind of adapter that speaks to them. */
export const simulators: Readonly<Record<string, () => Promise<StartSimulator>>> = {
  fortigate: async () => (await import('./fortigate/simulator/simulator.ts')).startFortigate,
};
