import { render } from 'preact';
import { App } from './app.tsx';
import { openSource } from './data/source.ts';
import './style/base.css';
import './style/parts.css';
import './style/matrix.css';
import './style/views.css';

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(<App source={openSource(document)} />, root);
}
