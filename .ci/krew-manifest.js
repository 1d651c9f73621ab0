#!/usr/bin/env node
// krew-manifest.js PACKAGE URL: the manifest by which krew installs `kubectl postern`, with the package that `npm pack` wrote and
// that is found at URL. `kubectl krew install --manifest=postern.yaml`
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [tarball, uri] = process.argv.slice(2);
if (uri === undefined || !URL.canParse(uri)) {
  console.error('krew-manifest: a package and the URL of its download are needed');
  process.exit(1);
}
const { version, description, homepage, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
const platform = {
  selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }] },
  uri,
  sha256,
  files: [{ from: 'package/*', to: '.' }],
  bin: 'dist/postern.js',
};
const spec = {
  version: `v${version}`,
  ...(homepage && { homepage }),
  shortDescription: 'Who may leave the cluster, and is it enforced?',
  description: `${description}.\n\nShows who may reach what, plans, verifies, and says why a connection fails.\n`,
  caveats: `Needs Node.js ${engines.node} on the path.\n`,
  platforms: [platform],
};
// JSON is YAML, and needs no package to be written.
const plugin = {
  apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
  kind: 'Plugin',
  metadata: { name: 'postern' },
  spec,
};
console.log(JSON.stringify(plugin, null, 2));
