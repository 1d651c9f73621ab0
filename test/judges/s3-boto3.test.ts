import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeDocument } from '../../adapters/feed/document/document.ts';
import { bucketStore } from '../../adapters/feed/store/bucket.ts';
import { aDocument } from '../../adapters/feed/testing/served.ts';
import { startS3 } from '../../kit/simulator/aws/s3.ts';
import { hasBoto3, python } from './python.ts';

const script = fileURLToPath(new URL('s3-boto3.py', import.meta.url));

describe.runIf(hasBoto3('feeds in buckets'))('boto3', () => {
  it('finds in the bucket what the manifest says, and that our simulator answers as S3 does', async () => {
    const storage = await startS3();
    const home = await mkdtemp(join(tmpdir(), 'judge-'));
    try {
      await writeFile(join(home, 'ca.pem'), storage.ca);
      const { bucket, region, url, ca, credentials } = storage;
      const clock = { now: () => Date.now(), elapsed: () => performance.now(), sleep: () => Promise.resolve() };
      const store = bucketStore(
        { bucket, region, url, prefix: 'edge/' },
        { secret: { ...credentials, 'ca.crt': ca }, clock },
      );
      await store.write(writeDocument(aDocument({ revision: 7 })), undefined);
      const { accessKeyId = '', secretAccessKey = '' } = credentials;
      const asked = { ENDPOINT: url, REGION: region, BUCKET: bucket, CA: join(home, 'ca.pem') };
      const env = { ...process.env, ...asked, KEY_ID: accessKeyId, KEY: secretAccessKey };
      const { stdout } = await promisify(execFile)(python, [script], { env });
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual([{ revision: 7, files: true, wrong: [], list: ['10.0.0.1', '2001:db8::1'] }, 'NoSuchKey']);
    } finally {
      await storage.close();
      await rm(home, { recursive: true });
    }
  });
});
