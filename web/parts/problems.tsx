import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Overview } from '../../src/console/views/shapes.ts';
import { counted } from '../data/words.ts';

const first = 12;

/** Problems to look at, the worst first. */
export function Problems({ problems }: Pick<Overview, 'problems'>): VNode | null {
  const [all, setAll] = useState(false);
  if (problems.length === 0) return null;
  const shown = all ? problems : problems.slice(0, first);
  return (
    <section aria-labelledby="problems">
      <h2 id="problems">
        To look at <span class="count">{problems.length}</span>
      </h2>
      <ul class="problems">
        {shown.map(({ severity, subject, field, code, message }) => (
          <li key={`${subject} ${field} ${code} ${message}`} class={`problem problem-${severity}`}>
            <span class="tag">{severity}</span>
            <div>
              <span class="mono">{subject}</span> {field !== '' && <span class="mono dim">{field}</span>}
              <p>{message}</p>
            </div>
          </li>
        ))}
      </ul>
      {shown.length < problems.length && (
        <button type="button" class="button quiet" onClick={() => setAll(true)}>
          Show {counted(problems.length - shown.length, 'more', 'more')}
        </button>
      )}
    </section>
  );
}
