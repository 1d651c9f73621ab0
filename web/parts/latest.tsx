import type { VNode } from 'preact';
import type { Source } from '../data/source.ts';
import { useDocument } from '../data/use-document.ts';
import { hrefOf } from '../routes.ts';
import { Change } from './change.tsx';

const most = 4;

/** What happened last, for those who come to see how things are. */
export function Latest({ source }: { readonly source: Source }): VNode | null {
  const { value } = useDocument(source, 'timeline', 10_000);
  if (value === undefined || value.changes.length === 0) return null;
  return (
    <section aria-labelledby="latest">
      <h2 id="latest">
        Latest changes{' '}
        <a class="more" href={hrefOf('timeline')}>
          all of them
        </a>
      </h2>
      <ol class="latest">
        {value.changes.slice(0, most).map((change) => (
          <Change key={`${change.at} ${change.point} ${change.reason}`} change={change} few={3} />
        ))}
      </ol>
    </section>
  );
}
