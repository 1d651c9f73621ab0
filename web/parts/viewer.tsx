import type { VNode } from 'preact';
import type { Overview } from '../../src/console/views/shapes.ts';
import { Icon } from './icons.tsx';

interface Props extends Pick<Overview, 'viewer'> {
  readonly onSignOut: () => void;
}

/** Who looks, whether something is left out for them, and the way to be somebody else. Nothing where nobody was asked. */
export function Viewer({ viewer: { name, hidden }, onSignOut }: Props): VNode | null {
  if (name === null) return null;
  const title = `You are ${name}${hidden.length > 0 ? ', and not everything is shown' : ''}. Sign out`;
  return (
    <button type="button" class="viewer" onClick={onSignOut} title={title}>
      <Icon name="viewer" />
      <span class="visually-hidden">You are </span>
      <span class="viewer-name">{name.slice(name.lastIndexOf(':') + 1)}</span>
      {hidden.length > 0 && (
        <>
          <span class="visually-hidden">and see things</span>
          <span class="viewer-part">in part</span>
        </>
      )}
      <span class="visually-hidden">. Sign out</span>
    </button>
  );
}
