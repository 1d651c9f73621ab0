import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Head } from '../../core/audit/chain.ts';
import { entriesIn, folderOf, headFile, isSegment, pointOf, readHead, segmentsIn } from './audit-files.ts';
import type { AuditLine, AuditLines, AuditTexts } from '../audit-store.ts';

/** Reads the record in a directory, also while another process writes it. Takes no lock. */
export class FileAuditLines implements AuditLines {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async points(): Promise<readonly string[]> {
    const points: string[] = [];
    for (const folder of await entriesIn(this.#directory)) {
      const inside = await entriesIn(join(this.#directory, folder));
      if (inside.some((name) => name === headFile || isSegment(name))) points.push(pointOf(folder));
    }
    return points.sort();
  }

  keptHead(point: string): Promise<Head | undefined> {
    return readHead(this.#folder(point));
  }

  async *lines(point: string): AsyncGenerator<AuditLine> {
    for await (const { texts, segment, before } of this.texts(point))
      for (const [at, text] of texts.entries()) yield { text, where: `${segment}:${before + at + 1}` };
  }

  /**
   * The same, many lines at a time. Leaves out a last line without a line break: it is still being written, or its writer has
   * ended.
   */
  async *texts(point: string): AsyncGenerator<AuditTexts> {
    const folder = this.#folder(point);
    const segments = await segmentsIn(folder);
    for (const segment of segments) {
      let before = 0;
      let rest = '';
      for await (const chunk of createReadStream(join(folder, segment), { encoding: 'utf8', highWaterMark: 2 ** 16 })) {
        const texts = (rest + String(chunk)).split('\n');
        rest = texts.pop() ?? '';
        yield { texts, segment, before };
        before += texts.length;
      }
      if (rest !== '' && segment !== segments.at(-1)) yield { texts: [rest], segment, before };
    }
  }

  #folder(point: string): string {
    return join(this.#directory, folderOf(point));
  }
}
