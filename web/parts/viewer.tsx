import type { VNode } from 'preact';
import type { Overview } from '../../src/console/views/shapes.ts';
import { Icon } from './icons.tsx';

interface Props extends Pick<Overview, 'viewer'> {
  readonly onSignOut: () => void;
}

/** The viewer, whether something is hidden from them, and how to sign in as another user. Empty without sign-in. */
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
