// The command line of this process: its streams, environment, clock and signals.

import { once, setMaxListeners } from 'node:events';
import { systemClock } from '../compose/clock.ts';
import { readEnvironment } from '../compose/environment.ts';
import { exitCodes, type Io, type Sink } from './io.ts';
import { main } from './main.ts';

const stop = new AbortController();
// Everything that is in progress at one time listens to it.
setMaxListeners(0, stop.signal);
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
// A reader that has seen enough (`postern matrix | head`) closes the pipe; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

function sink(stream: NodeJS.WriteStream): Sink {
  const { isTTY, columns } = stream as Partial<NodeJS.WriteStream>;
  const drained = async (): Promise<void> => {
    if (stream.writableNeedDrain) await once(stream, 'drain');
  };
  return { write: (text) => stream.write(text), drained, isTerminal: isTTY ?? false, width: columns ?? 120 };
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const io: Io = {
  out: sink(process.stdout),
  err: sink(process.stderr),
  readStdin,
  stdin: () => process.stdin,
  environment: readEnvironment(),
  clock: systemClock,
  signal: stop.signal,
};
/** Under this name kubectl asks a plug-in what may follow. */
const isAsked = (process.argv[1] ?? '').endsWith('kubectl_complete-postern');
// Until it has ended: what waits for something that never comes must not pass for done.
process.exitCode = exitCodes.error;
void main([...(isAsked ? ['__complete', '--'] : []), ...process.argv.slice(2)], io).then((exit) => {
  process.exitCode = exit;
});
