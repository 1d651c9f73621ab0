import { runPostern } from './run-postern.ts';

/** What `postern import -o json` prints. */
export interface Read {
  readonly code: number;
  readonly objects: readonly {
    readonly kind: string;
    readonly metadata: { name: string; namespace?: string };
    readonly spec: object;
  }[];
  readonly report: readonly { readonly effect: string; readonly code: string; readonly field: string }[];
}

export async function imported(from: string, objects: readonly object[], ...argv: readonly string[]): Promise<Read> {
  const stdin = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const { code, out } = await runPostern(['import', from, '-f', '-', '-o', 'json', ...argv], { stdin });
  return { code, ...(JSON.parse(out) as Omit<Read, 'code'>) };
}

export const codes = ({ report }: Read): readonly string[] => report.map(({ effect, code }) => `${effect} ${code}`);
/** An object; in no namespace where that is empty. */
export const of = (apiVersion: string, kind: string, spec: object, namespace = 'shop', name = 'web'): object => ({
  ...{ apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, spec },
});
export const deployment = of('apps/v1', 'Deployment', { selector: { matchLabels: { app: 'web' } } });
