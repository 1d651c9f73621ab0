/** What the benchmark said when it started this process, which ends with it. */
export function argument(): unknown {
  process.once('disconnect', () => process.exit());
  return JSON.parse(process.argv[2] ?? 'null') as unknown;
}

export function tell(message: unknown): void {
  process.send?.(message);
}

export function onMessage(listener: (message: unknown) => void): void {
  process.on('message', listener);
}
