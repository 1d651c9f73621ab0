import { expect, it } from 'vitest';
import { Readings } from './readings.ts';

it('takes no entry for one that was read before and says something else', () => {
  const readings = new Readings();
  const tcp = { port: 443, protocol: 'TCP' } as const;
  const others = [{ ...tcp, endPort: 450 }, tcp, { ...tcp, protocol: 'UDP' as const }, tcp, { ...tcp, port: 80 }, tcp];
  for (const port of others) expect(readings.ports([port])).toEqual(new Readings().ports([port]));
  const spoken = { ...tcp, appProtocol: 'tls' as const };
  expect(readings.ports([spoken])).toEqual(new Readings().ports([spoken]));
  expect(readings.ports([tcp])).toBe(readings.ports([tcp]));
  const [network, name] = ['203.0.113.0/24', 'example.com'];
  for (const [names, networks] of [
    [[], [network]],
    [[name], [network]],
    [[name], []],
    [[], [network, '198.51.100.0/24']],
    [[], [name]],
  ] as const)
    expect(readings.destination(names, networks)).toEqual(new Readings().destination(names, networks));
  expect(readings.destination([], [network])).toBe(readings.destination([], [network]));
});
