import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changed } from '../adapters/feed/document/changes.ts';
import { readDocument, writeDocument, type FeedDocument } from '../adapters/feed/document/document.ts';
import { Publication } from '../adapters/feed/formats/publication.ts';
import { serveFeeds } from '../adapters/feed/serve/serve.ts';
import { refuseExcess } from '../adapters/feed/session/capacity.ts';
import { folderStore } from '../adapters/feed/store/folder.ts';
import { issueTestingCertificate } from '../kit/simulator/certificate.ts';
import type { Change } from '../src/core/model/plan.ts';
import { systemClock } from '../src/compose/clock.ts';
import { percentile, row, type Row } from './row.ts';

const addresses = 100_000;
const consumers = 50;
const changesPerSecond = 100;
const rounds = 20;
const seconds = 5;
const path = 'lists/pn-bench-a.txt';

/** A list of many addresses that changes all the time: what a change costs those who write and serve it, and those who have it already. */
export async function* benchFeed(): AsyncIterable<Row> {
  const document = documentAt(0);
  const rebuilds = Array.from({ length: rounds }, (_, at) => rebuild(document, at));
  const cpu = (part: keyof Rebuild): number =>
    percentile(
      rebuilds.map((of) => of[part]),
      50,
    );
  yield row('feed: rebuild of a list of 100,000 at the writer, CPU, median', cpu('writeMs'), 'ms', 20);
  yield row('feed: rebuild of a list of 100,000 at the server, CPU, median', cpu('serveMs'), 'ms', 20);
  yield* served();
}

interface Rebuild {
  readonly writeMs: number;
  readonly serveMs: number;
}

/** One second's changes at once: the document after them as text, and from that text what is answered. */
function rebuild(document: FeedDocument, at: number): Rebuild {
  const started = process.cpuUsage();
  const after = changed(document, [changesOf(at)]);
  refuseExcess(document, after, []);
  const text = writeDocument(after);
  const written = process.cpuUsage(started);
  const published = new Publication(readDocument(text)).find(path);
  const all = process.cpuUsage(started);
  if (published === undefined) throw new Error('nothing was published');
  const ms = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e3;
  return { writeMs: ms(written), serveMs: ms(all) - ms(written) };
}

/** Consumers that have the list ask four times a second, while its neighbour changes once: what one answer costs, all told. */
async function* served(): AsyncIterable<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  const { ca, certificate, key } = await issueTestingCertificate('feed');
  await writeFile(join(folder, 'tls.crt'), certificate);
  await writeFile(join(folder, 'tls.key'), key);
  await writeFile(join(folder, 'consumers.yaml'), 'consumers: [{ name: all, bearer: [bench-token-1] }]');
  await mkdir(join(folder, 'feeds', 'edge'), { recursive: true });
  const store = folderStore(join(folder, 'feeds', 'edge'));
  let tag = await store.write(writeDocument(documentAt(0)), undefined);
  const server = await serveFeeds({
    ...{ feeds: join(folder, 'feeds'), host: '127.0.0.1', port: 0, server: 'bench' },
    ...{ tlsCert: join(folder, 'tls.crt'), tlsKey: join(folder, 'tls.key'), consumers: join(folder, 'consumers.yaml') },
    clock: systemClock,
    onTrouble: () => undefined,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: consumers, ca });
  const ask = (etag: string): ReturnType<typeof fetchOnce> => fetchOnce(`${server.url}/edge/${path}`, agent, etag);
  const etags = await Promise.all(Array.from({ length: consumers }, async () => (await ask('')).etag));
  const started = process.cpuUsage();
  let asked = 0;
  for (let round = 1; round <= seconds; round += 1) {
    // What changes is another list of the same feed.
    tag = await store.write(writeDocument(documentAt(round)), tag);
    const again = Array.from({ length: 4 }, () => etags).flat();
    const answers = await Promise.all(again.map(ask));
    asked += answers.length;
    if (answers.some(({ status }) => status !== 304)) throw new Error('a list that has not changed was sent again');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const cpu = process.cpuUsage(started);
  agent.destroy();
  await server.close();
  await rm(folder, { recursive: true });
  const perAnswer = (cpu.user + cpu.system) / 1e3 / (asked || 1);
  yield row('feed: an answer of 304 to one of 50 consumers, CPU of both sides', perAnswer, 'ms', 3);
}

function fetchOnce(url: string, agent: Agent, etag: string): Promise<{ status: 200 | 304; etag: string }> {
  const headers = { Authorization: 'Bearer bench-token-1', 'If-None-Match': etag };
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      response.resume();
      const status = response.statusCode;
      if (status === 200 || status === 304)
        response.on('end', () => resolve({ status, etag: String(response.headers.etag) }));
      else reject(new Error(`answered ${status}`));
    })
      .on('error', reject)
      .end();
  });
}

/** Half of the changes of a second come, half go. */
function changesOf(at: number): Change {
  const half = changesPerSecond / 2;
  const add = Array.from({ length: half }, (_, index) => `172.16.${at % 256}.${index}`);
  const remove = Array.from({ length: half }, (_, index) => address((at * half + index) % addresses));
  return { op: 'members', phase: 'extend', key: { kind: 'list', name: 'pn-bench-a' }, add, remove };
}

const big = Array.from({ length: addresses }, (_, at) => address(at))
  .sort()
  .join(' ');

function documentAt(revision: number): FeedDocument {
  const lists = [
    { name: 'pn-bench-a', mark: '', title: '', entries: big },
    { name: 'pn-bench-b', mark: '', title: '', entries: `172.16.0.${revision % 256}` },
  ];
  return { version: 1, revision, lists, rules: [] };
}

function address(at: number): string {
  return `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
}
