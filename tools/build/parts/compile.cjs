// Has V8 compile every part of the bundle that this file lies in, for this version of Node and the flags that it is
// started with: `node [FLAG]... compile.cjs`
const { mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { compiled, parts, scriptOf } = require('./load.cjs');

// Else V8 compiles functions when they are first called. Taken back at once, since those who load have no such flag.
setFlagsFromString('--no-lazy');
const scripts = readdirSync(parts).map((name) => [name, scriptOf(name)]);
setFlagsFromString('--lazy');

mkdirSync(compiled, { recursive: true });
for (const [name, script] of scripts) writeFileSync(join(compiled, name), script.createCachedData());
