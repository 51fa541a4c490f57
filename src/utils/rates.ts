import { RateLimiter } from './rateLimiter';

export interface RateSettings {
  authRatePerMinute: number;
  connectRatePerMinute: number;
  messageRatePerSecond: number;
}

/** Wrong passwords for one account, as a multiple of the attempts that one address has. */
const ADDRESSES_PER_ACCOUNT = 10;

export type RateName = 'connections' | 'wrong passwords' | 'messages';

/** The limits that hold for REST and sockets together. A rate of 0 is no limit. `onHit` is told which one somebody has used up. */
export function createRates(settings: RateSettings, onHit: (name: RateName) => void) {
  const limiter = (perSecond: number, burst: number, name: RateName) =>
    new RateLimiter(perSecond, burst, name, () => onHit(name));
  const perMinute = (count: number, name: RateName) => limiter(count / 60, count, name);
  const connections = perMinute(settings.connectRatePerMinute, 'connections');
  const wrongPasswords = perMinute(settings.authRatePerMinute * ADDRESSES_PER_ACCOUNT, 'wrong passwords');
  const messages = limiter(settings.messageRatePerSecond, settings.messageRatePerSecond, 'messages');
  return {
    connections,
    wrongPasswords,
    messages,
    stop() {
      for (const rate of [connections, wrongPasswords, messages]) rate.stop();
    },
  };
}
