import type { EnforcementPoint } from '../../api/kinds.ts';

type Windows = NonNullable<EnforcementPoint['spec']['changeWindows']>;

/** `Mon Tue 22:00-04:00 Europe/Berlin, Sat 08:00-12:00 UTC` */
export function windowsText(windows: Windows): string {
  return windows.map(({ days, from, to, timeZone }) => `${days.join(' ')} ${from}-${to} ${timeZone}`).join(', ');
}
