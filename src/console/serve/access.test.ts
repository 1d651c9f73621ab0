import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../kube/client/transport.ts';
import { reviewedAccess } from './access.ts';

interface Granted {
  /** `enforcementpoints`, or `egresspolicies shop`. */
  readonly may: readonly string[];
  readonly authenticated?: boolean;
}

interface Review {
  readonly kind: string;
  readonly spec: {
    readonly token?: string;
    readonly user?: string;
    readonly groups?: readonly string[];
    readonly resourceAttributes?: { readonly verb: string; readonly resource: string; readonly namespace?: string };
  };
}

function reviewing({ may, authenticated = true }: Granted, namespaces = ['shop', 'bank']) {
  const reviews: Review[] = [];
  const clock = { ms: 1_000_000 };
  const api = {
    request: ({ body }: ApiRequest): Promise<unknown> => {
      const review = body as Review;
      reviews.push(review);
      if (review.kind === 'TokenReview')
        return Promise.resolve({ status: { authenticated, user: { username: 'ada', groups: ['dev'] } } });
      const { resource, namespace } = review.spec.resourceAttributes ?? {};
      const asked = [resource, namespace].filter(Boolean).join(' ');
      return Promise.resolve({ status: { allowed: may.includes(asked) } });
    },
  };
  const access = reviewedAccess({
    api,
    clock: { elapsed: () => clock.ms },
    namespaces: () => namespaces,
  });
  return { access, reviews, clock };
}

const all = ['enforcementpoints', 'externalservices', 'clusteregresspolicies', 'egresspolicies'];

describe('access by the API server', () => {
  it('shows everything to whoever may list everything, and asks once a minute', async () => {
    const { access, reviews, clock } = reviewing({ may: all });
    expect(await access('Bearer abc', 'here')).toMatchObject({ name: 'ada', points: true, namespaces: 'all' });
    await access('Bearer abc', 'here');
    expect(reviews.map(({ kind }) => kind)).toEqual(['TokenReview', ...all.map(() => 'SubjectAccessReview')]);
    expect(reviews[1]?.spec).toMatchObject({ user: 'ada', groups: ['dev'], resourceAttributes: { verb: 'list' } });
    clock.ms += 60_001;
    await access('Bearer abc', 'here');
    expect(reviews).toHaveLength(10);
  });

  it('shows the namespaces that may be listed, one by one', async () => {
    const { access } = reviewing({ may: ['egresspolicies shop'] });
    const rights = await access('Bearer abc', 'here');
    expect([rights.points, rights.namespaces]).toEqual([false, new Set(['shop'])]);
  });

  it('asks about so many namespaces, and says how many it left out', async () => {
    const many = Array.from({ length: 620 }, (_, at) => `team-${at}`);
    const { access } = reviewing({ may: ['egresspolicies team-3', 'egresspolicies team-600'] }, many);
    expect(await access('Bearer abc', 'here')).toMatchObject({ namespaces: new Set(['team-3']), notReviewed: 120 });
  });

  it.each([undefined, '', 'Basic YTpi', 'Bearer', 'Bearer a b', `Bearer ${'a'.repeat(9_000)}`])(
    'refuses %s without asking',
    async (authorization) => {
      const { access, reviews } = reviewing({ may: all });
      await expect(access(authorization, 'here')).rejects.toMatchObject({ status: 401 });
      expect(reviews).toEqual([]);
    },
  );

  it('refuses a token that the API server does not know, and a user who may list nothing', async () => {
    await expect(reviewing({ may: all, authenticated: false }).access('Bearer x', 'here')).rejects.toMatchObject({
      status: 401,
    });
    await expect(reviewing({ may: [] }).access('Bearer x', 'here')).rejects.toMatchObject({ status: 403 });
  });

  it('says which right is missing where the API server does not answer, and asks again', async () => {
    let fails = true;
    const api = {
      request: (request: ApiRequest) => (fails ? Promise.reject(new Error('forbidden')) : answer(request)),
    };
    const answer = ({ body }: ApiRequest): Promise<unknown> =>
      Promise.resolve({
        status:
          (body as Review).kind === 'TokenReview'
            ? { authenticated: true, user: { username: 'ada' } }
            : { allowed: true },
      });
    const access = reviewedAccess({
      api,
      clock: { elapsed: () => 0 },
      namespaces: () => [],
    });
    await expect(access('Bearer x', 'here')).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('tokenreviews') as string,
    });
    fails = false;
    expect(await access('Bearer x', 'here')).toMatchObject({ namespaces: 'all' });
  });

  it('lets nobody use up the tokens that others may show', async () => {
    const { access, reviews } = reviewing({ may: all });
    for (let at = 0; at < 2_000; at += 1) await access(`Bearer made-up-${at}`, '10.0.0.66').catch(() => undefined);
    expect(reviews.filter(({ kind }) => kind === 'TokenReview')).toHaveLength(30);
    expect(await access('Bearer of-ada', '10.0.0.1')).toMatchObject({ name: 'ada' });
  });

  it('asks about so many tokens of all together', async () => {
    const { access, reviews } = reviewing({ may: all });
    for (let at = 0; at < 2_000; at += 1) await access(`Bearer t${at}`, `10.0.${at % 200}.1`).catch(() => undefined);
    expect(reviews.filter(({ kind }) => kind === 'TokenReview')).toHaveLength(300);
  });

  it('asks about so many tokens in ten seconds', async () => {
    const { access, clock } = reviewing({ may: all });
    for (let at = 0; at < 30; at += 1) await access(`Bearer t${at}`, 'here');
    await expect(access('Bearer one-more', 'here')).rejects.toMatchObject({ status: 429 });
    expect(await access('Bearer t29', 'here')).toMatchObject({ name: 'ada' });
    clock.ms += 10_001;
    expect(await access('Bearer one-more', 'here')).toMatchObject({ name: 'ada' });
  });
});
