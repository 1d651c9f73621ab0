import { SentinelConnector } from 'ioredis';

/**
 * Finds the primary through Sentinels. Of the connection before, it no longer listens to what the Sentinels announce:
 * the library takes a new primary that is announced while it asks for it for a wish to disconnect, and never connects
 * again.
 */
export class SteadySentinelConnector extends SentinelConnector {
  override connect(...[emit]: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    this.disconnect();
    return super.connect(emit);
  }
}
