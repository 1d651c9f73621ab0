import type { ComponentChildren, VNode } from 'preact';
import type { Capacity, PointView } from '../../src/console/views/shapes.ts';
import type { CellKind } from '../data/matrix-model.ts';
import type { Failure } from '../data/source.ts';
import { number } from '../data/words.ts';

const readyWords = { True: 'In force', False: 'Not in force', Unknown: 'Not known' } as const;

/** How a point is doing: by shape, by colour and in words. */
export function Ready({ ready }: { readonly ready: PointView['ready'] }): VNode {
  return (
    <span class={`ready ready-${ready}`}>
      <span class="ready-sign" aria-hidden="true" />
      {readyWords[ready]}
    </span>
  );
}

export function Mark({ kind }: { readonly kind: CellKind }): VNode {
  return <span class={`mark mark-${kind}`} aria-hidden="true" />;
}

/** A part of a whole, in figures and as a bar. */
export function Meter({
  part,
  whole,
  label,
}: {
  readonly part: number | null;
  readonly whole: number;
  readonly label: string;
}): VNode {
  const share = part === null || whole === 0 ? 0 : Math.min(1, part / whole);
  const full = part === whole && whole > 0;
  return (
    <span class="meter">
      <span class="meter-figures">
        <span class="visually-hidden">{label}: </span>
        {part === null ? '?' : number(part)}
        <span class="dim"> / {number(whole)}</span>
      </span>
      <span class={`bar${full ? '' : ' bar-short'}`} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
    </span>
  );
}

/** The largest group, by how much one group of the device holds. */
export function Room({ capacity }: { readonly capacity: Capacity | null }): VNode {
  if (capacity === null) return <span class="dim">–</span>;
  const { members, max } = capacity;
  if (max === null)
    return (
      <span class="meter">
        <span class="meter-figures">{number(members)}</span>
        <span class="dim small">no limit per group</span>
      </span>
    );
  return <Meter part={members} whole={max} label="addresses of the largest group, of what one group holds" />;
}

interface EmptyProps {
  readonly title: string;
  /** There is nothing else in the view. */
  readonly whole?: true;
  readonly children?: ComponentChildren;
}

/** Nothing is there; why, and what would be. */
export function Empty({ title, whole, children }: EmptyProps): VNode {
  const Title = whole ? 'h1' : 'h2';
  return (
    <div class="empty">
      <Title>{title}</Title>
      {children}
    </div>
  );
}

/** What was to be shown is on its way. */
export function Loading({ what }: { readonly what: string }): VNode {
  return (
    <p class="loading" role="status">
      Reading {what}…
    </p>
  );
}

export function Failed({ failure, what }: { readonly failure: Failure; readonly what: string }): VNode {
  return (
    <div class="empty" role="alert">
      <h1>{what} cannot be shown</h1>
      <p>{failure.message}</p>
    </div>
  );
}

/** `EgressPolicy/shop/checkout`, with the name in front of what it is. */
export function PolicyName({ name }: { readonly name: string | null }): VNode {
  if (name === null) return <span class="dim">no policy</span>;
  const [kind = '', ...rest] = name.split('/');
  if (rest.length === 0) return <span class="dim">{name}</span>;
  return (
    <span class="policy">
      <span class="mono">{rest.join('/')}</span> <span class="dim">{kind}</span>
    </span>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly placeholder?: string;
  readonly id: string;
}

export function SearchField({ label, value, onValue, placeholder, id }: FieldProps): VNode {
  return (
    <label class="field" for={id}>
      <span>{label}</span>
      <input
        id={id}
        type="search"
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </label>
  );
}

interface SelectProps extends Omit<FieldProps, 'placeholder'> {
  readonly options: readonly (readonly [value: string, text: string])[];
}

export function SelectField({ label, value, onValue, options, id }: SelectProps): VNode {
  return (
    <label class="field" for={id}>
      <span>{label}</span>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
