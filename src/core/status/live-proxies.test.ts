import { describe, expect, it } from 'vitest';
import type { Proxies } from '../model/proxies.ts';
import { allProxies, liveOf, proxiesOf, proxiesText } from './live-proxies.ts';

const behind = (of: string, pod: string) => ({ of, pod, reason: 'runs without a sidecar' });
const proxies: Proxies = {
  by: {
    'istio-egress/egressgateway': { pods: 2, current: 2 },
    'shop/checkout': { pods: 3, current: 1 },
    'shop/web': { pods: 1, current: 1 },
  },
  behind: [behind('shop/checkout', 'shop/checkout-1'), behind('shop/checkout', 'shop/checkout-2')],
};

describe('the proxies', () => {
  it('of a point are all of them, and those of a policy are those of its subjects', () => {
    expect(proxiesText(allProxies(proxies))).toBe('4/6');
    expect(proxiesText(proxiesOf(proxies, ['shop/web', 'shop/gone']))).toBe('1/1');
    expect(proxiesOf(proxies, ['shop/checkout'])).toEqual({ pods: 3, current: 1, behind: proxies.behind });
  });

  it('that lack it are named, with the reason, and counted where there are more', () => {
    expect(liveOf('mesh', proxiesOf(proxies, ['shop/web']))).toMatchObject({ status: 'True', reason: 'Live' });
    expect(liveOf('mesh', proxiesOf(proxies, ['shop/checkout']))).toEqual({
      type: 'Live',
      status: 'False',
      reason: 'ProxiesBehind',
      message: 'mesh: shop/checkout-1 runs without a sidecar; shop/checkout-2 runs without a sidecar.',
    });
    const many = Array.from({ length: 9 }, (_, index) => behind('shop/web', `shop/web-${index}`));
    expect(liveOf('mesh', { pods: 300, current: 100, behind: many }).message).toMatch(
      /; shop\/web-4 .* and 195 more\.$/,
    );
  });

  it('of subjects of which no pod runs lack nothing', () => {
    expect(liveOf('mesh', proxiesOf(proxies, []))).toMatchObject({ status: 'True', reason: 'NoPods' });
  });
});
