import { RateLimiter } from './rateLimiter';

export interface RateSettings {
  authRatePerMinute: number;
  connectRatePerMinute: number;
  messageRatePerSecond: number;
}

/** Wrong passwords for one account, as a multiple of the attempts that one address has. */
const ADDRESSES_PER_ACCOUNT = 10;

/** The limits that hold for REST and sockets together. A rate of 0 is no limit. */
export function createRates(settings: RateSettings) {
  const connections = perMinute(settings.connectRatePerMinute, 'connections');
  const wrongPasswords = perMinute(settings.authRatePerMinute * ADDRESSES_PER_ACCOUNT, 'wrong passwords');
  const perSecond = settings.messageRatePerSecond;
  const messages = new RateLimiter(perSecond, perSecond, 'messages');
  return {
    connections,
    wrongPasswords,
    messages,
    stop() {
      for (const rate of [connections, wrongPasswords, messages]) rate.stop();
    },
  };
}

function perMinute(count: number, what: string): RateLimiter {
  return new RateLimiter(count / 60, count, what);
}
