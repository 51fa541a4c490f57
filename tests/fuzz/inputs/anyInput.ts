import fc from 'fast-check';
import { eventInput } from './events';
import type { Input } from './input';
import { handshakeInput, packetsInput, pollingInput } from './packets';
import { bodyInput, routeInput } from './requests';
import { urlInput } from './urls';

/** Anything that can be sent to a server: what needs a connection of its own is slower, and rarer. */
export const anyInput: fc.Arbitrary<Input> = fc.oneof(
  { weight: 8, arbitrary: routeInput },
  { weight: 4, arbitrary: bodyInput },
  { weight: 5, arbitrary: urlInput },
  { weight: 8, arbitrary: eventInput },
  { weight: 4, arbitrary: packetsInput },
  { weight: 2, arbitrary: handshakeInput },
  { weight: 1, arbitrary: pollingInput },
);
