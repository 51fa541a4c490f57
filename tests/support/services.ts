import { noMeter } from '../../src/metrics/serverMeter';
import type { Publisher } from '../../src/services/publisher';
import { createServices, type Services } from '../../src/services/services';
import type { ChatStore } from '../../src/stores/chatStore';
import { createLogger } from '../../src/utils/logger';
import { createRates } from '../../src/utils/rateLimiter';
import { sharedPasswords } from './sharedPasswords';

const RATES = { authRatePerMinute: 0, connectRatePerMinute: 0, messageRatePerSecond: 0 };
const SETTINGS = {
  ...RATES,
  jwtSecrets: ['a secret that is long enough for every test'],
  jwtExpiresInMs: 3_600_000,
  refreshExpiresInMs: 30 * 86_400_000,
  signUp: true,
  guests: false,
  externalAuth: null,
  responderConcurrency: 32,
  repliesPerUser: 2,
  tokensPerUserPerDay: 0,
};

/** The services alone, without routes and sockets. */
export function createTestServices(store: ChatStore): Services {
  const publisher: Publisher = {
    messagesStored() {},
    messagesRepeated() {},
    async revoking() {},
    draftChanged() {},
    draftEnded() {},
    sessionChanged() {},
    loginRevoked() {},
    userDeleted() {},
  };
  return createServices(SETTINGS, {
    store,
    publisher,
    responder: { kind: 'immediate', respond: ({ content }) => content },
    rates: createRates(RATES, () => {}),
    logger: createLogger('silent'),
    clock: Date.now,
    passwords: sharedPasswords(5),
    replyMeter: noMeter.replies,
    onTokensSpent() {},
  });
}
