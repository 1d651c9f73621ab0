import type { Simulator } from '../../kit/simulator/simulator.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { verifyChains } from '../../src/audit/verify-chains.ts';
import { recordIn } from '../../src/core/audit/history.ts';

/**
 * Writes that name no object, by kind of firewall: requests around others, what all of ours are in, and objects by an id that
 * the firewall gave them when they were made by name.
 */
const nameless: Readonly<Record<string, RegExp>> = {
  fortigate: /transaction|\/firewall\/policy\/\d/,
  'f5-afm': /\/transaction\/|\/auth\/partition/,
  panos: /type=commit|<revert>|<clear>/,
  'aws-network-firewall': /UpdateFirewallPolicy|PrefixListId=pl-/,
};

/** Faults of the record in a folder, and writes that the firewalls saw and that are not on it. */
export async function unrecorded(folder: string, devices: ReadonlyMap<string, Simulator>): Promise<readonly string[]> {
  const lines = new FileAuditLines(folder);
  const reports = await verifyChains(lines, await lines.points());
  const faults = reports.flatMap(({ point, findings }) =>
    findings.map(({ code, where, message }) => `${point} ${where} ${code}: ${message}`),
  );
  for (const [name, device] of devices) {
    const own = reports.filter(({ point }) => point.split('~')[0] === name);
    // What went with Redis and with its worker is not known by name.
    if (own.some(({ lost }) => lost > 0)) continue;
    const names = await namesBegun(
      lines,
      own.map(({ point }) => point),
    );
    const unknown = named(device).filter((request) => !names.some((each) => request.includes(each)));
    faults.push(...unknown.slice(0, 5).map((request) => `${name}: ${request} is not on record`));
  }
  return faults;
}

/** What writes of objects say, without the encodings of forms. */
function named(device: Simulator): readonly string[] {
  return device
    .requests()
    .filter(({ wrote }) => wrote)
    .map(({ method, path, body }) => `${method} ${path} ${body}`)
    .map((request) => (request.includes('%') ? request.replaceAll(/%([0-9A-F]{2})/g, character) : request))
    .filter((request) => nameless[device.kind]?.test(request) !== true);
}

function character(_: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}

async function namesBegun(lines: FileAuditLines, points: readonly string[]): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const point of points)
    for await (const { text } of lines.lines(point)) {
      const record = recordIn(text);
      if (record?.type === 'begun') names.add(record.name);
    }
  return [...names];
}
