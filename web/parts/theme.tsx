import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const key = 'postern-theme';

/** The theme of the system, unless the viewer chose one. */
export function ThemeButton(): VNode {
  const [theme, setTheme] = useState<Theme>(stored);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const choose = (): void => {
    setTheme(next);
    keep(next);
  };
  const text = `Colours: ${theme}. Change to ${next}`;
  return (
    <button type="button" class="plain-button" onClick={choose} aria-label={text} title={text}>
      <Icon name={theme} />
    </button>
  );
}

/** A page that was opened from a file may not be let at the storage. */
function stored(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? 'system';
  } catch {
    return 'system';
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It holds until the page is closed.
  }
}
