import type { Rule } from '../../../src/core/model/desired.ts';
import { normalisePorts } from '../../../src/core/destinations/ports.ts';

/** `443`, `8443-8450`: the fewest ranges of one protocol, in their order. Of a rule without ports there are none, and it is about all. */
export function portRanges({ ports }: Pick<Rule, 'ports'>, protocol: 'TCP' | 'UDP'): readonly string[] {
  const own = ports.filter((port) => port.protocol === protocol);
  return normalisePorts(own.map(({ appProtocol: _, ...port }) => port)).map(({ port, endPort }) =>
    endPort === undefined ? `${port}` : `${port}-${endPort}`,
  );
}
