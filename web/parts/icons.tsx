import type { VNode } from 'preact';

/*
 * Line drawings of sixteen units; what they mean is said beside them.
 */

const drawings = {
  points: 'M3 13V7a5 5 0 0 1 10 0v6M8 13V9.5',
  matrix: 'M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11',
  map: 'M2 8h3.5M10.5 8H14M5.5 8a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0',
  why: 'M5.6 6.1a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.1.8-1.1 1.6M8 12.4v.1',
  timeline: 'M4 2.5v11M4 5h4M4 8h8M4 11h5.5',
  gaps: 'M2.5 8h3.2M10.3 8h3.2M7 4.5l2 7',
  light:
    'M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.8v1M8 13.2v1M1.8 8h1M13.2 8h1M3.6 3.6l.7.7M11.7 11.7l.7.7M3.6 12.4l.7-.7M11.7 4.3l.7-.7',
  dark: 'M12.8 9.7A5.3 5.3 0 0 1 6.3 3.2a5.3 5.3 0 1 0 6.5 6.5z',
  system: 'M2.5 3.5h11v7.5h-11zM5.5 13.5h5',
  viewer: 'M8 2.5a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M2.8 13.5a5.3 4.2 0 0 1 10.4 0',
  close: 'M4 4l8 8M12 4l-8 8',
} as const;

export type IconName = keyof typeof drawings;

export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}

/** A small gate in a wall. */
export function Emblem(): VNode {
  return (
    <svg class="emblem" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" />
      <path d="M9 26V14a7 7 0 0 1 14 0v12M16 26v-8" />
    </svg>
  );
}
