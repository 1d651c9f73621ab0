import { describe, expect, it } from 'vitest';
import { foreignRules } from './foreign-table.ts';

const read = (line: string): string[] =>
  foreignRules({ kind: 'rule-group', name: 'theirs', refs: [], effect: 'None', spec: { lines: [line] } }).map(
    ({ action, sources, destination, ports, doubt }) => {
      const to = destination.any ? 'anywhere' : destination.networks.join();
      const over = ports.map(({ protocol, port, endPort = port }) => `${protocol}/${port}-${endPort}`).join();
      return `${action} ${sources.join()} to ${to} ${over || 'all'}${doubt === undefined ? '' : ` ? ${doubt}`}`;
    },
  );

describe('a line in a rule group of others', () => {
  it.each([
    ['pass ip any any -> any any (sid:1;)', 'Accept 0.0.0.0/0,::/0 to anywhere all'],
    [
      'pass tcp [10.0.0.0/8, 10.1.0.1] any -> 203.0.113.0/24 [443,8000:8100] (msg:"a; b: c"; sid:1; rev:2;)',
      'Accept 10.0.0.0/8,10.1.0.1/32 to 203.0.113.0/24 TCP/443-443,TCP/8000-8100',
    ],
    ['drop udp any any -> any 53 (flow:to_server; sid:2;)', 'Deny 0.0.0.0/0,::/0 to anywhere UDP/53-53'],
    ['pass tcp $HOME_NET any -> any 443 (sid:3;)', 'Accept 0.0.0.0/0,::/0 to anywhere TCP/443-443 ? source $HOME_NET'],
    [
      'pass tls any any -> any 443 (tls.sni; content:"a.example.com"; sid:4;)',
      'Accept 0.0.0.0/0,::/0 to anywhere TCP/443-443 ? protocol tls, tls.sni, content:""',
    ],
    [
      'pass tcp any any -> !10.0.0.0/8 any (sid:5;)',
      'Accept 0.0.0.0/0,::/0 to anywhere TCP/1-65535 ? destination !10.0.0.0/8',
    ],
    ['drop something else', 'Deny 0.0.0.0/0,::/0 to anywhere all ? a form of line that is not read here'],
  ])('%s', (line, meaning) => {
    expect(read(line)).toEqual([meaning]);
  });

  it.each(['alert tcp any any -> any any (sid:1;)', 'pass icmp any any -> any any (sid:1;)'])(
    'decides nothing: %s',
    (line) => {
      expect(read(line)).toEqual([]);
    },
  );

  it('knows what the sets of its group hold, and whose the group is', () => {
    const spec = {
      lines: ['pass tcp $HOME_NET any -> @OFFICE 443 (sid:1;)', 'pass tcp !$HOME_NET any -> any 443 (sid:2;)'],
      sets: { $HOME_NET: ['10.0.0.0/8'], '@OFFICE': ['192.168.0.0/16'] },
      description: 'managed-by=postern cluster=west point=edge for=rules',
    };
    expect(foreignRules({ kind: 'rule-group', name: 'theirs', refs: [], effect: 'None', spec })).toMatchObject([
      { sources: ['10.0.0.0/8'], destination: { networks: ['192.168.0.0/16'] }, cluster: 'west' },
      { doubt: 'source !$HOME_NET', cluster: 'west' },
    ]);
  });
});
