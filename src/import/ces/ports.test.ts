import { describe, expect, it } from 'vitest';
import { readPorts } from './ports.ts';

function entry(protocol: string, port: string, bandwidth = ''): Parameters<typeof readPorts>[0][number] {
  return { protocol, port, bandwidth };
}

function read(...entries: Parameters<typeof readPorts>[0]): readonly unknown[] {
  const { ports, remarks } = readPorts(entries);
  return [ports, remarks.map(({ code }) => code)];
}

describe('the ports of an ExternalService', () => {
  it('are read with their ranges, by protocol, the fewest that say it', () => {
    expect(read(entry('TCP', '80,443,8000-8010'), entry('udp', '53'), entry('tcp', '81'))).toEqual([
      [
        { port: 80, endPort: 81, protocol: 'TCP' },
        { port: 443, protocol: 'TCP' },
        { port: 8000, endPort: 8010, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
      [],
    ]);
  });

  it.each([
    ['no entry is every protocol and port, and that is said', [], [[], ['every-port']]],
    [
      'an entry without a port, alone, is every port of its protocol',
      [entry('tcp', '')],
      [[{ port: 1, endPort: 65535, protocol: 'TCP' }], ['port-missing']],
    ],
    [
      'beside others it is nothing',
      [entry('tcp', ''), entry('udp', '53')],
      [[{ port: 53, protocol: 'UDP' }], ['port-missing']],
    ],
    [
      'port 0 at the start of a range is port 1',
      [entry('tcp', '0-1023')],
      [[{ port: 1, endPort: 1023, protocol: 'TCP' }], []],
    ],
    [
      'a limit on bandwidth is lost, and the port is not',
      [entry('tcp', '443', 'bwc')],
      [[{ port: 443, protocol: 'TCP' }], ['bandwidth-limit']],
    ],
    [
      'none that can be expressed is not every port',
      [entry('icmp', '8')],
      [undefined, ['unknown-protocol', 'no-usable-port']],
    ],
    ['nor is one that does not exist', [entry('tcp', '70000')], [undefined, ['bad-port', 'no-usable-port']]],
    ['nor is a range backwards', [entry('tcp', '90-80')], [undefined, ['bad-port', 'no-usable-port']]],
    [
      'nor are more than a service may have',
      [entry('tcp', Array.from({ length: 65 }, (_, index) => 2 * index + 1).join(','))],
      [undefined, ['too-many-ports']],
    ],
  ])('%s', (_, entries, expected) => {
    expect(read(...entries)).toEqual(expected);
  });
});
