import { describe, expect, it } from 'vitest';
import { logFormats } from './formats.ts';
import type { LogFormatName } from './names.ts';

const at = Date.parse('2026-11-29T14:05:00Z');
const ns = `${at}123456`;
const istioLine = (agent = 'curl/8.5.0', name = 'api.example.com', remote = '10.2.3.4:40000'): string =>
  `[2026-11-29T14:05:00.000Z] "GET /v1 HTTP/1.1" 200 - via_upstream - "-" 0 15 12 11 "-" "${agent}" "0f-1" "api.example.com" "203.0.113.7:443" outbound|443||api.example.com 10.2.3.4:5000 203.0.113.7:443 ${remote} ${name} default`;

const panosLine = (start = '2026/11/29 15:05:00', rule = 'web', more = ',2026-11-29T15:05:30.552+01:00,,') =>
  `<14>Nov 29 15:05:30 fw 1,2026/11/29 15:05:30,0070,TRAFFIC,end,2561,2026/11/29 15:05:29,10.2.3.4,203.0.113.7,0.0.0.0,0.0.0.0,${rule},,,ssl,vsys1,trust,untrust,ethernet1/2,ethernet1/1,log,2026/11/29 15:05:29,45,1,40000,443,0,0,0x1c,tcp,allow,9,4,5,3,${start},28,any${more}`;
const azureLine = (fields: object = {}, category = 'AZFWNetworkRule'): string => {
  const flow = { Protocol: 'TCP', SourceIp: '10.2.3.4', SourcePort: 40000, DestinationPort: 443, Action: 'Allow' };
  return JSON.stringify({ category, time: '2026-11-29T14:05:00.0000000Z', properties: { ...flow, ...fields } });
};

const lines: readonly (readonly [LogFormatName, string, string])[] = [
  [
    'fortios',
    'with nanoseconds',
    `date=2026-11-29 time=15:05:00 devname="fw" type="traffic" eventtime=${ns} tz="+0100" srcip=10.2.3.4 srcport=40000 dstip=203.0.113.7`,
  ],
  [
    'fortios',
    'with seconds, behind a syslog header',
    `<189>date=2026-11-29 time=09:00:00 eventtime=${at / 1_000} srcip=10.2.3.4`,
  ],
  ['fortios', 'with local time and its zone', 'date=2026-11-29 time=07:05:00 tz="-0700" srcip=10.2.3.4 action="close"'],
  [
    'bigip-afm',
    'of syslog, with a header that names the zone',
    '<134>1 2026-11-29T15:05:00+01:00 big.example.com tmm 14807 23003137 [F5@12276 acl_policy_name="" action="Reject" date_time="Nov 29 2026 15:04:59" dest_ip="203.0.113.7" source_ip="10.2.3.4" source_port="40000"]',
  ],
  [
    'bigip-afm',
    'of Splunk, in RFC 3339',
    'acl_policy_name="/Common/p",action="Accept",date_time="2026-11-29T14:05:00.000Z",dest_ip="203.0.113.7",source_ip="10.2.3.4%3",source_port="40000"',
  ],
  [
    'suricata-eve',
    'of an alert',
    '{"timestamp":"2026-11-29T14:05:00.000000+0000","event_type":"alert","src_ip":"10.2.3.4","dest_ip":"203.0.113.7"}',
  ],
  [
    'suricata-eve',
    'of a flow, which is written at its end',
    '{"timestamp":"2026-11-29T14:35:00.000000+0000","event_type":"flow","src_ip":"10.2.3.4","flow":{"start":"2026-11-29T14:05:00.000000+0000"}}',
  ],
  [
    'aws-network-firewall',
    'of an alert',
    '{"firewall_name":"fw","event_timestamp":"1795961100","event":{"timestamp":"2026-11-29T14:05:00.000000+0000","src_ip":"10.2.3.4","event_type":"alert"}}',
  ],
  [
    'vpc-flow',
    'of the default fields',
    `2 123456789012 eni-1 10.2.3.4 203.0.113.7 40000 443 6 10 840 ${at / 1_000} ${at / 1_000 + 60} ACCEPT OK`,
  ],
  ['panos', 'with a time stamp that names the zone', panosLine()],
  ['panos', 'with commas in the name of a rule', panosLine(undefined, '"a ""b"", 10.9.9.9, c"')],
  ['azure-firewall', 'of a network rule', azureLine({ DestinationIp: '203.0.113.7' })],
  ['azure-firewall', 'of an application rule', azureLine({ Fqdn: 'api.example.com' }, 'AZFWApplicationRule')],
  [
    'azure-firewall',
    'as a row of the table',
    '{"TimeGenerated":"2026-11-29T14:05:00Z","Type":"AZFWNetworkRule","SourceIp":"10.2.3.4"}',
  ],
  ['istio', 'as text', istioLine()],
  [
    'istio-json',
    'as JSON',
    '{"start_time":"2026-11-29T14:05:00.000Z","downstream_remote_address":"10.2.3.4:40000","response_code":200}',
  ],
];

describe('a line of a log', () => {
  it.each(lines)('%s, %s', (format, _, line) => {
    const flow = logFormats[format].reader({ offsetMs: 0 })(line);
    expect(flow).toMatchObject({ source: '10.2.3.4', at });
  });

  it('of local time without a zone is taken at the offset that is said', () => {
    const line = 'date=2026-11-29 time=16:05:00 srcip=10.2.3.4';
    expect(logFormats.fortios.reader({ offsetMs: 2 * 3_600_000 })(line)).toEqual({ source: '10.2.3.4', at });
    const afm = 'action="Accept",date_time="Nov 29 2026 16:05:00",source_ip="10.2.3.4"';
    expect(logFormats['bigip-afm'].reader({ offsetMs: 2 * 3_600_000 })(afm)).toEqual({ source: '10.2.3.4', at });
  });

  it('of PAN-OS without the time stamp of later releases is of local time, as are those of sessions that never began', () => {
    const { reader } = logFormats.panos;
    const local = panosLine('2026/11/29 16:05:00', 'web', '');
    expect(reader({ offsetMs: 2 * 3_600_000 })(local)).toEqual({ source: '10.2.3.4', at });
    const refused = panosLine('').replace(',allow,', ',deny,').replace('2026/11/29 15:05:29', '2026/11/29 15:05:00');
    expect(reader({ offsetMs: 0, destinations: true })(refused)).toEqual({
      source: '10.2.3.4',
      at,
      to: { address: '203.0.113.7', port: 443, protocol: 'TCP', permitted: false },
    });
    expect(reader({ offsetMs: 0 })(panosLine().replace('TRAFFIC', 'THREAT'))).toBeUndefined();
    const [cut] = panosLine('2026/11/29 15:05:0').split(',28,any');
    expect(reader({ offsetMs: 0 })(cut ?? '')).toBeUndefined();
    expect(reader({ offsetMs: 0 })(panosLine(undefined, '",TRAFFIC,"').replace('TRAFFIC', 'URL'))).toBeUndefined();
  });

  it('of Azure tells the name where an application rule has it, and no flow of other protocols or categories', () => {
    const read = logFormats['azure-firewall'].reader({ offsetMs: 0, destinations: true });
    const said = { Protocol: 'HTTPS', Fqdn: 'api.example.com', Action: 'Deny' };
    expect(read(azureLine(said, 'AZFWApplicationRule'))?.to).toEqual({
      name: 'api.example.com',
      port: 443,
      protocol: 'TCP',
      permitted: false,
    });
    const icmp = { Protocol: 'ICMP Type=8', DestinationIp: '203.0.113.7', DestinationPort: 0 };
    expect(read(azureLine(icmp))).toEqual({ source: '10.2.3.4', at });
    expect(read(azureLine({}, 'AZFWNatRule'))).toBeUndefined();
  });

  it('of a VPC has the fields that the first line names', () => {
    const read = logFormats['vpc-flow'].reader({ offsetMs: 0 });
    expect(read('start end srcaddr pkt-srcaddr dstaddr')).toBeUndefined();
    expect(read(`${at / 1_000} ${at / 1_000 + 9} 10.9.9.9 10.2.3.4 203.0.113.7`)).toEqual({ source: '10.2.3.4', at });
  });

  it.each(lines)('%s, %s, that is cut anywhere is read as it was, or not at all', (format, _, line) => {
    for (let end = 0; end < line.length; end += 1) {
      const flow = logFormats[format].reader({ offsetMs: 0 })(line.slice(0, end));
      // What is cut inside of an address is a shorter one; a stream is cut only at the end of its last line.
      if (flow !== undefined) expect('10.2.3.4'.startsWith(flow.source)).toBe(true);
    }
  });

  it.each(Object.keys(logFormats) as LogFormatName[])('of another format than %s is none', (format) => {
    for (const line of ['', 'hello', '{}', '[]', '{"a":', 'null', '\u0000'.repeat(9)]) {
      expect(logFormats[format].reader({ offsetMs: 0 })(line)).toBeUndefined();
    }
  });
});

describe('what somebody else wrote into a line', () => {
  it('is not taken for a key', () => {
    const line = `date=2026-11-29 time=14:05:00 eventtime=${ns} url="/?a= srcip=10.9.9.9 eventtime=1 " srcip=10.2.3.4`;
    expect(logFormats.fortios.reader({ offsetMs: 0 })(line)).toEqual({ source: '10.2.3.4', at });
    const afm = 'acl_rule_name="a source_ip=\\"10.9.9.9\\"",date_time="2026-11-29T14:05:00Z",source_ip="10.2.3.4"';
    expect(logFormats['bigip-afm'].reader({ offsetMs: 0 })(afm)).toEqual({ source: '10.2.3.4', at });
  });

  it.each([
    ['a server name with spaces', istioLine('curl', 'a 10.9.9.9:1 b')],
    ['a user agent with quotes', istioLine('x" "-" "-" "a" "b" c 1.1.1.1:1 2.2.2.2:2 10.9.9.9:1 n')],
  ])('makes a line of a proxy unreadable, not wrong: %s', (_, line) => {
    expect(logFormats.istio.reader({ offsetMs: 0 })(line)).toBeUndefined();
  });
});

describe('a refusal of a proxy', () => {
  const json = (fields: object): string =>
    JSON.stringify({ start_time: '2026-11-29T14:05:00.000Z', source_ip: '10.2.3.4', ...fields });
  const text = (flags: string, details: string, termination: string, cluster: string, route: string): string =>
    istioLine()
      .replace('200 - via_upstream -', `403 ${flags} ${details} ${termination}`)
      .replace('outbound|443||api.example.com 10', `${cluster} 10`)
      .replace(/default$/, route);
  const denied = 'rbac_access_denied_matched_policy[none]';
  const byName = 'rbac_access_denied_matched_policy[ns[istio-egress]-policy[deny.all-1]-rule[0]]';

  it.each([
    ['of TCP, by no policy', json({ connection_termination_details: denied }), 'no AuthorizationPolicy permits it'],
    ['by a policy', json({ response_code_details: byName }), 'AuthorizationPolicy istio-egress/deny.all-1 denies it'],
    ['of an unknown host', json({ upstream_cluster: 'BlackHoleCluster' }), 'REGISTRY_ONLY: '],
    ['of an unknown host by HTTP', json({ route_name: 'block_all', response_flags: '-' }), 'REGISTRY_ONLY: '],
    ['for want of a cluster', json({ response_flags: 'NC' }), 'a route leads to a cluster'],
    ['for want of a route', json({ response_flags: 'NR' }), 'the proxy has no route'],
    ['of the next hop', json({ response_flags: 'UF,URX' }), 'the next hop: '],
    ['as text', text('-', denied, '-', '-', 'default'), 'no AuthorizationPolicy permits it'],
    ['as text, of the connection', text('-', '-', byName, '-', '-'), 'AuthorizationPolicy istio-egress/deny.all-1'],
    ['as text, of an unknown host', text('UH', '-', '-', 'BlackHoleCluster', '-'), 'REGISTRY_ONLY: '],
  ])('%s', (_, line, refused) => {
    const format = line.startsWith('{') ? 'istio-json' : 'istio';
    const flow = logFormats[format].reader({ offsetMs: 0 })(line);
    expect(flow?.source).toBe('10.2.3.4');
    expect(flow?.refused).toContain(refused);
  });

  it('is not there where all went well, and carries nothing of what a client wrote', () => {
    const { reader } = logFormats['istio-json'];
    expect(
      reader({ offsetMs: 0 })(json({ response_flags: '-', upstream_cluster: 'outbound|443||a' }))?.refused,
    ).toBeUndefined();
    const forged = 'rbac_access_denied_matched_policy[ns[a]-policy[b" postern_workload="c]-rule[0]]';
    expect(reader({ offsetMs: 0 })(json({ response_code_details: forged }))?.refused).toBe(
      'no AuthorizationPolicy permits it',
    );
  });
});
