import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** @returns the path of a new empty folder, which goes after the file or the `describe` that asks for it, when all other hooks have run */
export function aFolder(): string {
  const folder = newFolder();
  afterAll(() => removeFolder(folder));
  return folder;
}

/** @returns the path of a new empty folder, which goes after the test that asks for it, in its body or in a `beforeEach` */
export function aFolderOfTest(): string {
  const folder = newFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'postern-test-'));
const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });
