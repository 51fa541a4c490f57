import fc from 'fast-check';

/** Devices 0, 1 and 2 are the first user's, 3 and 4 the second's. */
export const OWNERS = [0, 0, 0, 1, 1] as const;
export const SESSIONS = 3;
/** Messages that last about as long as another device's call over REST, so that the call falls between two of them. */
export const SERIES = 6;

interface Place {
  device: number;
  session: number;
}

/**
 * One thing that a device does. A burst sends its messages at once, a series one after the other. A `key` that comes again in the
 * session is the same `clientMessageId`.
 */
export type Step =
  | (Place & { do: 'send'; over: 'ack' | 'no ack' | 'REST'; key: number | null })
  | (Place & { do: 'burst' | 'series'; count: number })
  | (Place & { do: 'join'; after: 'nothing' | 'start' | 'last seen' })
  | (Place & { do: 'read'; forward: boolean; limit: number })
  | (Place & { do: 'leave' | 'rename' | 'delete' })
  | { do: 'cut'; device: number }
  | { do: 'connect'; device: number; afresh: boolean };

const place = {
  device: fc.nat(OWNERS.length - 1),
  session: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(SESSIONS - 1) }),
};

const send = fc.record({
  do: fc.constant('send' as const),
  ...place,
  over: fc.constantFrom('ack' as const, 'no ack' as const, 'REST' as const),
  key: fc.option(fc.nat(3)),
});
const series = fc.record({ do: fc.constant('series' as const), ...place, count: fc.constant(SERIES) });
const join = fc.record({
  do: fc.constant('join' as const),
  ...place,
  after: fc.constantFrom('nothing' as const, 'start' as const, 'last seen' as const),
});
const read = fc.record({
  do: fc.constant('read' as const),
  ...place,
  forward: fc.boolean(),
  limit: fc.constantFrom(2, 7, 100),
});
const other = <W extends 'leave' | 'rename' | 'delete'>(what: W) =>
  fc.record({ do: fc.constant(what), ...place });
const cut = fc.record({ do: fc.constant('cut' as const), device: place.device });
const connect = fc.record({
  do: fc.constant('connect' as const),
  device: place.device,
  afresh: fc.boolean(),
});

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: send },
  { weight: 8, arbitrary: join },
  { weight: 4, arbitrary: connect },
  { weight: 3, arbitrary: cut },
  { weight: 2, arbitrary: read },
  { weight: 2, arbitrary: other('leave') },
  { weight: 3, arbitrary: other('delete') },
  { weight: 1, arbitrary: other('rename') },
  { weight: 2, arbitrary: series },
);
