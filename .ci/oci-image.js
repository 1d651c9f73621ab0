#!/usr/bin/env node
// oci-image.js PACKAGE BASE OUTPUT: the image, as an OCI layout, without a Docker engine. PACKAGE is what `npm pack` wrote, BASE an
// OCI layout of an image with Node.js, for one platform or several, OUTPUT a folder that is not there yet:
//
//   skopeo copy --all docker://gcr.io/distroless/nodejs24-debian12:nonroot oci:base
//   .ci/oci-image.js postern-0.1.0.tgz base image
//   skopeo copy --all oci:image docker://registry.example.com/postern:0.1.0
//
// What is in the package becomes one layer, the same for every platform; nothing in it depends on when or where this runs.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};
/** As the Dockerfile has it. */
const settings = {
  User: '65532:65532',
  WorkingDir: '/postern',
  Entrypoint: ['node', '--max-semi-space-size=4', '--initial-old-space-size=96', '/postern/dist/postern.js'],
  Cmd: ['--help'],
  Env: ['NODE_ENV=production', 'PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin'],
};

const [tarball, base, output] = process.argv.slice(2);
if (output === undefined) fail('three paths are needed: PACKAGE BASE OUTPUT');
if (existsSync(output)) fail(`${output} is there already`);
if (!existsSync(join(base, 'oci-layout'))) fail(`${base} is no OCI layout: it has no file oci-layout`);

const { layer, version } = layerOf(tarball);
cpSync(join(base, 'blobs'), join(output, 'blobs'), { recursive: true });
writeFileSync(join(output, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
const added = { mediaType: types.layer, ...stored(gzipSync(layer, { level: 9 })) };
const { manifests } = JSON.parse(readFileSync(join(base, 'index.json'), 'utf8'));
if (manifests.length !== 1) fail(`${base} has ${manifests.length} images: copy one tag alone into it`);
const built = { ...onTopOf(manifests[0]), annotations: { 'org.opencontainers.image.ref.name': version } };
writeFileSync(
  join(output, 'index.json'),
  JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: [built] }),
);
console.log(built.digest);

/** What the package holds, under /postern, as a tar of which every byte follows from the package. */
function layerOf(file) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-image-'));
  try {
    execFileSync('tar', ['-xzf', file, '-C', folder]);
    renameSync(join(folder, 'package'), join(folder, 'postern'));
    const order = ['--sort=name', '--format=ustar', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    const modes = '--mode=u=rwX,go=rX';
    const tar = execFileSync('tar', [...order, modes, '-C', folder, '-c', 'postern'], { maxBuffer: 2 ** 30 });
    const { version: of } = JSON.parse(readFileSync(join(folder, 'postern', 'package.json'), 'utf8'));
    return { layer: tar, version: of };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same image or index with the layer on top. */
function onTopOf({ mediaType, digest, platform }) {
  const read = JSON.parse(blob(digest));
  const of = platform && { platform };
  if (mediaType === types.index) {
    // Statements about the base are not about what is built on it.
    const images = read.manifests.filter(({ platform: on }) => on?.os !== 'unknown');
    return { mediaType, ...stored(JSON.stringify({ ...read, manifests: images.map(onTopOf) })), ...of };
  }
  if (mediaType !== types.manifest)
    fail(`${digest} is ${mediaType}: have the base copied as OCI, as skopeo and crane do`);
  const config = JSON.parse(blob(read.config.digest));
  const { rootfs, history = [] } = config;
  const next = {
    ...config,
    config: { ...config.config, ...settings, Labels: labels() },
    rootfs: { ...rootfs, diff_ids: [...rootfs.diff_ids, digestOf(layer)] },
    history: [...history, { created_by: `postern ${version}` }],
  };
  const about = { mediaType: types.config, ...stored(JSON.stringify(next)) };
  return { mediaType, ...stored(JSON.stringify({ ...read, config: about, layers: [...read.layers, added] })), ...of };
}

function labels() {
  const name = 'org.opencontainers.image';
  return { [`${name}.title`]: 'postern', [`${name}.version`]: version, [`${name}.licenses`]: 'Apache-2.0' };
}

function stored(bytes) {
  const digest = digestOf(bytes);
  mkdirSync(join(output, 'blobs', 'sha256'), { recursive: true });
  writeFileSync(join(output, 'blobs', ...digest.split(':')), bytes);
  return { digest, size: Buffer.byteLength(bytes) };
}

function blob(digest) {
  const bytes = readFileSync(join(base, 'blobs', ...digest.split(':')));
  if (digestOf(bytes) !== digest) fail(`${digest} in ${base} is damaged`);
  return bytes;
}

function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function fail(why) {
  console.error(`oci-image: ${why}`);
  process.exit(1);
}
