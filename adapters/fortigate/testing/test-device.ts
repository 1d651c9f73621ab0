import { afterEach } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { tables } from '../objects/names.ts';
import type { FortigateOptions, FortigateSimulator } from '../simulator/simulator.ts';
import { connected, type Connected } from './device.ts';

/** The device of the test that runs, closed after it. */
export class TestDevice {
  #connected: Connected | undefined;

  constructor() {
    afterEach(() => this.#connected?.device.close());
  }

  get device(): FortigateSimulator {
    if (this.#connected === undefined) throw new Error('the test has connected to no device');
    return this.#connected.device;
  }

  get policies(): readonly string[] {
    return this.device.rows(tables.policy).map((row) => textOf(row['name']));
  }

  async connect(
    options: Partial<FortigateOptions> = {},
    config: Readonly<Record<string, unknown>> = {},
    secret: Readonly<Record<string, string>> = {},
  ): Promise<Connected> {
    return (this.#connected = await connected({ options, config, secret }));
  }
}

export function oneGroup(members: readonly string[], rules = [aRule()]): DesiredState {
  return aDesiredState({ groups: [aGroup({ members })], rules });
}

/** Addresses of so many pods. */
export function hosts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
}

export function errorsIn(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome) =>
    outcome.result === 'error' ? [`${outcome.error.errorClass}: ${outcome.error.message}`] : [],
  );
}

export const flow = { dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
