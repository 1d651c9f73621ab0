import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { skipped } from '../kit/skipped.ts';

/*
 * The console in a real Chromium, as the build makes it.
 */

/** For everything that only time brings about, on a machine that does other things in the meantime: less than a test has. */
const patienceMs = 150_000;

const program = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();

/** Skipped loudly where there is no Chromium; in CI that is a failure, because .ci/run installs it. */
export function describeInBrowser(name: string, suite: (rig: Rig) => void): void {
  if (program === '') {
    skipped(`chromium not found on PATH, which "${name}" needs; .ci/run installs it`);
    describe.skip(name, () => undefined);
    return;
  }
  describe(name, () => {
    const rig = new Rig();
    beforeAll(() => rig.start());
    afterAll(() => rig.stop());
    suite(rig);
  });
}

export interface Opened {
  readonly page: Page;
  /** Everything that the page asked for beside itself, and what the browser refused or complained of. */
  readonly requests: string[];
  readonly complaints: string[];
}

export class Rig {
  #browser: Browser | undefined;
  #directory = '';
  readonly #close: (() => Promise<void>)[] = [];

  async start(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'postern-console-'));
    await promisify(execFile)('node', ['tools/build/build.js', this.dist]);
    this.#browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'], timeout: patienceMs });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await rm(this.#directory, { recursive: true });
  }

  /** Where the build is. */
  get dist(): string {
    return join(this.#directory, 'dist');
  }

  /** A file of this run. */
  path(name: string): string {
    return join(this.#directory, name);
  }

  async assets(): Promise<{ readonly script: string; readonly style: string }> {
    const read = (name: string): Promise<string> => readFile(join(this.dist, 'console', name), 'utf8');
    return { script: await read('console.js'), style: await read('console.css') };
  }

  /** Runs the built command; its output. */
  async postern(...argv: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('node', [join(this.dist, 'postern.js'), ...argv], {
      maxBuffer: 2 ** 27,
    });
    return stdout;
  }

  async open(url: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await this.#started().newContext({ reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    this.#close.push(() => context.close());
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    await page.goto(url);
    return { page, requests, complaints };
  }

  async closePages(): Promise<void> {
    for (const close of this.#close.splice(0)) await close();
  }

  #started(): Browser {
    if (this.#browser === undefined) throw new Error('not started');
    return this.#browser;
  }
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds against WCAG 2.2 AA and good practice: nothing. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await loaded.run()).violations;
  });
  const told = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`),
  }));
  expect({ what, violations: told }).toEqual({ what, violations: [] });
}
