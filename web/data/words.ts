/*
 * Counts, times and verdicts as people read them.
 */

const numbers = new Intl.NumberFormat('en');

/** `1,204 workloads`, `1 workload` */
export function counted(count: number, word: string, plural = `${word}s`): string {
  return `${numbers.format(count)} ${count === 1 ? word : plural}`;
}

export function number(count: number): string {
  return numbers.format(count);
}

/** `42 s`, `5 min`, `3 h`, `12 d`: how long before `now`. */
export function ageOf(time: string | null, now: number): string {
  const at = time === null ? NaN : Date.parse(time);
  if (Number.isNaN(at)) return '–';
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** `29 Nov 2026` */
export function dayOf(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime())
    ? ''
    : at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
}

/** `14:03:22`, in UTC. */
export function clockOf(time: string): string {
  return time.slice(11, 19);
}

/** `443/TCP`, `any port` */
export function portText({ port, protocol }: { readonly port: string; readonly protocol: string }): string {
  return port === 'any' ? (protocol === 'any' ? 'any port' : `any ${protocol}`) : `${port}/${protocol}`;
}

/** `checkout` and `Deployment` of `Deployment/checkout`. */
export function workloadParts(workload: string): { readonly kind: string; readonly name: string } {
  const slash = workload.indexOf('/');
  return slash < 0 ? { kind: '', name: workload } : { kind: workload.slice(0, slash), name: workload.slice(slash + 1) };
}
