/** How one part is doing. Ready or not, the message says what a person should know; empty when there is nothing. */
export interface Check {
  readonly name: string;
  readonly ready: boolean;
  readonly message: string;
}

export interface Verdict {
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

/** Ready when every part is. */
export function judge(checks: readonly Check[]): Verdict {
  return { ready: checks.every(({ ready }) => ready), checks };
}

/** A part that has to answer: what it asks is given this long. */
export async function answers(name: string, ask: () => Promise<unknown>, withinMs: number): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, withinMs, `no answer within ${withinMs} ms`);
  });
  const asked = ask().then(
    () => '',
    () => 'cannot be reached',
  );
  const message = await Promise.race([asked, late]);
  clearTimeout(timer);
  return { name, ready: message === '', message };
}
