import { describe, expect, it } from 'vitest';
import type { Report } from '../report.ts';
import { aPointEntry, aReport, aRule } from '../testing/reports.ts';
import { reportHtml } from './report-html.ts';

const page = (report: Report): string => [...reportHtml(report)].join('');
const hostile = `"><script>alert('1')</script><img src=x onerror=alert(1)>&amp;`;

/** The report with every text in it replaced, except those that choose a branch. */
function withTexts(value: unknown, key = ''): unknown {
  const chosen = ['kind', 'action', 'state', 'chain', 'mode', 'from', 'severity', 'code', 'tier', 'protocol'];
  if (typeof value === 'string') return chosen.includes(key) ? value : hostile;
  if (Array.isArray(value)) return value.map((item) => withTexts(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, name)]));
}

describe('the page', () => {
  it('holds no markup of anybody else, whichever text it is in', () => {
    const flags = [{ code: 'loss', message: 'm' }] as const;
    const losses = [{ id: 'r1', code: 'ipv4-only', effect: 'narrowed', message: 'm' }] as const;
    const full = aRule({
      flags,
      losses,
      service: 's',
      profile: 'p',
      log: true,
      destination: { any: false, names: ['n'], networks: ['c'] },
    });
    const problems = [{ severity: 'error', subject: 's', field: 'f', code: 'invalid', message: 'm' }] as const;
    const text = page(withTexts(aReport({ rules: [full], problems })) as Report);
    expect(text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;');
    const tags = new Set([...text.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag = '']) => tag.toLowerCase()));
    expect([...tags].filter((tag) => ['script', 'img', 'iframe', 'svg', 'object', 'form'].includes(tag))).toEqual([]);
    expect(text.replaceAll(/"[^"]*"/g, '')).not.toMatch(/<[^>]*\son\w+=/i);
    expect(text).toContain("default-src 'none'");
  });

  it('links a rule to its addresses, and a flag to its rules', () => {
    const rule = aRule({ flags: [{ code: 'any-port', message: 'every protocol and port' }] });
    const text = page(aReport({ rules: [rule] }));
    expect(text).toContain('<a href="#p0-g0">2 addresses</a>');
    expect(text).toContain('id="p0-g0"');
    expect(text).toContain('<a href="#p0-r1">#1 shop/checkout</a>');
    expect(text).toContain('id="p0-r1"');
  });

  it('says what is not known, and what there is none of', () => {
    const text = page(aReport({ rules: [aRule({ governance: null, since: null, verifiedAt: '' })] }));
    expect(text).toContain('<dt>Owner</dt><dd><span class="unknown">not known</span></dd>');
    expect(text).toContain('<dt>Since</dt><dd><span class="unknown">not known</span></dd>');
    expect(text).toContain('<dt>Verified</dt><dd><em>not yet</em></dd>');
  });

  it('says when there is nothing: no point, no rule, no record', () => {
    expect(page(aReport({ points: [], rules: [] }))).toContain('There is no enforcement point.');
    const bare = page(aReport({ points: [aPointEntry({ record: null, groups: [] })], rules: [] }));
    expect(bare).toContain('It has no rule.');
    expect(bare).toContain('data-label="Record">Empty<');
  });

  it('lists at most 2,000 addresses of a group and says how many more there are', () => {
    const addresses = Array.from({ length: 2_003 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    const groups = [{ id: 'g1', title: 'all', addresses, exact: false }];
    const text = page(aReport({ points: [aPointEntry({ groups })] }));
    expect(text).toContain('<em>and 3 more; JSON has all of them</em>');
    expect(text).toContain('perhaps more than the record has room for');
  });
});
