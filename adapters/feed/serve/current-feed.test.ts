import { expect, it } from 'vitest';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { writeDocument } from '../document/document.ts';
import { aDocument } from '../testing/served.ts';
import { CurrentFeed } from './current-feed.ts';

it('is served for a minute while its store cannot be read, by a clock that cannot be set', async () => {
  const time = { elapsed: 0 };
  const text = writeDocument(aDocument());
  let away = false;
  const read = () =>
    away ? Promise.reject(new AdapterError('transient', 'away')) : Promise.resolve({ text, tag: 'a' });
  const feed = new CurrentFeed({ read } as never, () => time.elapsed);
  expect(await feed.refresh()).toBeUndefined();
  away = true;
  time.elapsed = 60_000;
  expect(await feed.refresh()).toContain('away');
  expect(feed.publication).toBeDefined();
  time.elapsed = 60_001;
  expect(feed.publication).toBeUndefined();
});
