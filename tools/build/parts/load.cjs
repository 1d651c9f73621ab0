// Loads the parts of a bundle. Beside them may lie what V8 made of them (compile.cjs): to compile them anew is a fifth of
// a start. V8 takes that only for a text of this length, and where its version and its flags are the same; else it
// compiles the part, as it does any file. Of another text of this length it would take it, too: the name of a part has
// the hash of its text.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const parts = join(__dirname, 'parts');
/** Of this version of Node, on this system and kind of processor: V8 does not tell all of these apart. */
const compiled = join(__dirname, 'compiled', `${process.version}-${process.platform}-${process.arch}`);
/** The parts that were loaded, and what they export. */
const loaded = new Map();

/** Parts lie side by side. What is in another folder is of another bundle. */
const isPart = (name) => /^\.\/[^/]+$/.test(name);

/** @param {string} name of a part, `./name.js`, of another file, or of a module of Node's own */
function load(name) {
  if (!isPart(name)) return require(name);
  if (loaded.has(name)) return loaded.get(name).exports;
  const part = scriptOf(name, compiledOf(name)).runInThisContext();
  const module = { exports: {} };
  loaded.set(name, module);
  try {
    part(module.exports, load, module, pathToFileURL(join(parts, name)).href);
  } catch (error) {
    // The next load must fail with the error, too, instead of getting half of a part.
    loaded.delete(name);
    throw error;
  }
  return module.exports;
}

/** @param {Buffer} [cachedData] what V8 made of it before */
function scriptOf(name, cachedData) {
  const filename = join(parts, name);
  return new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
}

function compiledOf(name) {
  try {
    return readFileSync(join(compiled, name));
  } catch {
    return undefined;
  }
}

module.exports = { compiled, load, parts, scriptOf };
