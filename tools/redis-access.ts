import { readdirSync, readFileSync } from 'node:fs';
import { redisKeys } from '../src/redis/keys.ts';

/*
 * The rights that Postern needs at Redis, from what its own code and the scripts of the queue library call.
 */

const libraryScripts = 'node_modules/bullmq/dist/esm/scripts';
/** Folders whose code speaks to Redis. */
const ours = ['src/redis', 'src/queue', 'src/store', 'src/audit/redis'];
/** What the client and the library say outside of scripts: to log in, to run scripts, to wait, to listen. */
const connection = [
  'auth',
  'hello',
  'select',
  'ping',
  'quit',
  'client|setname',
  'client|id',
  'info',
  'eval',
  'evalsha',
  'bzpopmin',
  'subscribe',
  'unsubscribe',
  'publish',
  'time',
];
const clusterOnly = ['cluster|slots', 'cluster|info', 'readonly', 'readwrite', 'asking'];
/** Methods of the client that are no commands. */
const noCommands = new Set(['on', 'once', 'off', 'nodes', 'connect', 'disconnect', 'call', 'duplicate']);

/** The line of an ACL that lets a user be what Postern needs, and nothing more. */
export function redisUser(of: 'single' | 'cluster', installation = 'postern'): string {
  const keys = redisKeys(installation);
  const channels = [keys.outcomeBell, keys.requestChannel].map((channel) => `&${channel}`);
  const patterns = [`~${keys.queue}*`, `~${keys.point('').state.replace('}:state', '')}*`, ...channels];
  const commands = [...commandsCalled(), ...connection, ...(of === 'cluster' ? clusterOnly : [])];
  return [...patterns, '-@all', ...[...new Set(commands)].sort().map((command) => `+${command}`)].join(' ');
}

/** Replaces the blocks of a page that begin with `user postern`, each by the line as it is to be. */
export function withRedisUser(page: string): string {
  return page.replaceAll(/^user postern (on .*? resetchannels) .*$/gm, (line: string, head: string) => {
    const of = line.includes('cluster|slots') ? 'cluster' : 'single';
    return `user postern ${head} ${redisUser(of)}`;
  });
}

function commandsCalled(): readonly string[] {
  const library = readdirSync(libraryScripts).filter((file) => file.endsWith('.js') && !file.startsWith('relay'));
  const scripts = library.map((file) => readFileSync(`${libraryScripts}/${file}`, 'utf8'));
  const code = ours.flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`));
  const texts = code.filter((file) => !file.endsWith('.test.ts')).map((file) => readFileSync(file, 'utf8'));
  return [
    ...[...scripts, ...texts].flatMap((text) => called(text, /(?:rcall|redis\.call)\(\s*["'](\w+)["']/gi)),
    ...texts
      .flatMap((text) => called(text, /\bclient\.([a-z]+)(?:Buffer)?\(/g))
      .filter((name) => !noCommands.has(name)),
  ];
}

function called(text: string, form: RegExp): readonly string[] {
  return [...text.matchAll(form)].map(([, name = '']) => name.toLowerCase());
}
