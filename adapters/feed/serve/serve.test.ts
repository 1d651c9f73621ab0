import { createPublicKey, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { issueTestingCertificate } from '../../../kit/simulator/certificate.ts';
import { aDocument, aFeedRule, ask, clientIdentity, passwords, startServed, type Served } from '../testing/served.ts';
import { readAccess } from './access-log.ts';
import { readConsumers } from './consumers-file.ts';

let served: Served;
beforeEach(async () => {
  served = await startServed();
});
afterEach(() => served.end());

const list = '/edge/lists/pn-east-a.txt';
const user = 'pan-1';

async function publish(document = aDocument()): Promise<void> {
  await served.publish(document);
  await vi.waitFor(async () => {
    const { headers } = await ask(served, '/edge/rules.json', { user });
    expect(headers['x-postern-revision']).toBe(String(document.revision));
  }, 40_000);
}

describe('a feed that is served', () => {
  it('is 503 with a time to come again while nothing is known, and never an empty 200', async () => {
    const before = await ask(served, list, { user });
    expect([before.status, before.headers['retry-after'], before.body.length]).toEqual([503, '30', 0]);
    await publish();
    const { status, body, headers } = await ask(served, list, { user });
    expect([status, body.toString()]).toEqual([200, '10.0.0.1\n2001:db8::1\n']);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect((await ask(served, '/healthz')).status).toBe(200);
  });

  it('has a strong ETag, answers 304 to who has it, compresses, and answers HEAD', async () => {
    await publish();
    const plain = await ask(served, list, { user });
    const etag = String(plain.headers['etag']);
    expect(etag).toMatch(/^"sha256-[0-9a-f]{64}"$/);
    const zipped = await ask(served, list, { user, headers: { 'Accept-Encoding': 'gzip, br' } });
    expect([zipped.headers['content-encoding'], zipped.headers['etag']]).toEqual([
      'gzip',
      etag.replace(/"$/, '-gzip"'),
    ]);
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    for (const tag of [etag, `W/${etag}`, `"x", ${String(zipped.headers['etag'])}`]) {
      const again = await ask(served, list, { user, headers: { 'If-None-Match': tag } });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
    const head = await ask(served, list, { user, method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(plain.body.length),
      0,
    ]);
    expect((await ask(served, list, { user, headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
  });

  it('turns away who shows nothing or the wrong thing, comes from elsewhere, or asks for what is not for him', async () => {
    await publish();
    const basic = (text: string): Record<string, string> => ({
      Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    const anonymous = await ask(served, list);
    expect([anonymous.status, anonymous.headers['www-authenticate']]).toEqual([401, 'Basic realm="postern feed"']);
    expect((await ask(served, list, { headers: basic('pan-1:wrong-password') })).status).toBe(401);
    expect((await ask(served, list, { headers: basic(`far:${passwords.pan}`) })).status).toBe(401);
    expect((await ask(served, list, { headers: { Authorization: `Bearer ${passwords.token}` } })).status).toBe(200);
    expect((await ask(served, list, { user: 'far' })).status).toBe(403);
    expect((await ask(served, '/other/lists/pn-east-a.txt', { user })).status).toBe(404);
    expect((await ask(served, '/edge/../../etc/passwd', { user })).status).toBe(404);
    expect((await ask(served, '/edge/lists/office.txt', { user })).status).toBe(404);
    await vi.waitFor(async () => {
      const { refusals } = readAccess((await served.store.readAccess()) ?? []);
      expect([refusals['pan-1']?.why, refusals['far']?.why]).toEqual(['credential', 'address']);
    }, 40_000);
    expect(served.troubles.join('\n')).toContain('consumer far came from 127.0.0.1');
    expect(served.troubles.filter((text) => Object.values(passwords).some((secret) => text.includes(secret)))).toEqual(
      [],
    );
  });

  it('says nobody for a list that is gone, since devices go on with what they had of what is not found', async () => {
    await publish(aDocument({ revision: 2, lists: [], rules: [] }));
    const { status, body } = await ask(served, list, { user });
    expect([status, body.toString()]).toEqual([200, '255.255.255.255\n']);
  });

  it('publishes a list whole or not at all: of one with a line that is none it tells, and the others are served', async () => {
    const hostile = '10.0.0.1 10.0.0.2\n0.0.0.0/0';
    const [known] = aDocument().lists;
    await publish(
      aDocument({ revision: 3, lists: [...aDocument().lists, { ...known!, name: 'pn-east-b', entries: hostile }] }),
    );
    expect((await ask(served, '/edge/lists/pn-east-b.txt', { user })).status).toBe(503);
    expect((await ask(served, list, { user })).status).toBe(200);
    expect(served.troubles.at(-1)).toContain('pn-east-b has an entry that is no address');
  });

  it('keeps which consumer fetched which revision when', async () => {
    await publish();
    const { headers } = await ask(served, list, { user });
    await ask(served, list, { user, headers: { 'If-None-Match': String(headers['etag']) } });
    await vi.waitFor(async () => {
      const fetch = readAccess((await served.store.readAccess()) ?? []).fetches['pan-1']?.['lists/pn-east-a.txt'];
      expect(fetch).toMatchObject({ etag: headers['etag'], revision: 1, status: 304 });
    }, 40_000);
  });

  it('signs what stands at each path', async () => {
    await publish();
    const { body } = await ask(served, '/edge/manifest.json', { user });
    const signature = Buffer.from((await ask(served, '/edge/manifest.json.sig', { user })).body.toString(), 'base64');
    expect(verify(null, body, createPublicKey(served.publicKey), signature)).toBe(true);
    const { files } = JSON.parse(body.toString()) as { files: { path: string; sha256: string }[] };
    const { headers } = await ask(served, list, { user });
    expect(files.find(({ path }) => path === 'lists/pn-east-a.txt')?.sha256).toBe(String(headers['etag']).slice(8, -1));
  });

  it('takes over new certificates and credentials, and keeps the old ones where the new cannot be used', async () => {
    await publish();
    await writeFile(join(served.folder, 'consumers.yaml'), 'consumers: [{ name: pan-1 }]');
    await vi.waitFor(
      () => expect(served.troubles.join()).toContain('consumers.0: set basic, bearer or certificates'),
      40_000,
    );
    expect((await ask(served, list, { user })).status).toBe(200);
    const renewed = await issueTestingCertificate('renewed');
    await writeFile(join(served.folder, 'tls.key'), renewed.key);
    await writeFile(join(served.folder, 'tls.crt'), renewed.certificate);
    await vi.waitFor(async () => expect(await commonName()).toBe('renewed'), 40_000);
  });
});

function commonName(): Promise<string> {
  const { port } = new URL(served.server.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('the file of consumers', () => {
  it.each([
    ['consumers: []', 'consumers: '],
    ['consumers: [{ name: A, bearer: [long-enough-token] }]', 'consumers.0.name'],
    ['consumers: [{ name: a, bearer: [short] }]', 'consumers.0.bearer.0: must have at least 12'],
    [
      'consumers: [{ name: a, from: [10.0.0.1/8], bearer: [long-enough-token] }]',
      'consumers.0.from.0: must be a network',
    ],
    ['consumers: [{ name: a, certificates: [abc] }]', 'consumers.0.certificates.0: must be a SHA-256'],
    ['{', 'the file'],
  ])('is refused with the field that is wrong: %s', (text, told) => {
    expect(() => readConsumers(text)).toThrow(told);
  });

  it('tells no secret of what it refuses', () => {
    expect(() => readConsumers('consumers: [{ name: a, bearer: ["geheim"], more: "geheim2" }]')).toThrow(
      /^(?!.*geheim)/,
    );
  });
});

it('publishes where a rule leads, for each kind of device', async () => {
  await publish(aDocument({ rules: [aFeedRule()] }));
  const texts = await Promise.all(
    ['ip', 'domain', 'url'].map(async (kind) =>
      (await ask(served, `/edge/rules/pn-east-r.${kind}.txt`, { user })).body.toString(),
    ),
  );
  expect(texts).toEqual(['203.0.113.0/24\n', '*.example.com\napi.example.org\n', '*.example.com/\napi.example.org/\n']);
});

it('knows a consumer by its client certificate, and takes none that its authority did not sign', async () => {
  const [own, other] = [await clientIdentity(), await clientIdentity()];
  const known = await startServed(own.cert);
  try {
    await known.publish(aDocument());
    await vi.waitFor(async () => expect((await ask(known, list, { identity: own })).status).toBe(200), 40_000);
    expect((await ask(known, list, { identity: other })).status).toBe(401);
    expect((await ask(known, list)).status).toBe(401);
    expect((await ask(known, list, { user })).status).toBe(200);
  } finally {
    await known.end();
  }
});
