import fc from 'fast-check';
import { anyStep, OWNERS, SERIES, SESSIONS, type Step } from './steps';

/** Steps of one batch begin at once; the next batch begins when all of them are answered. */
export type Batch = readonly Step[];

/** Who plays in a scene: two devices of one user and two of the other, and in which session. */
interface Cast {
  session: number;
  phone: number;
  laptop: number;
  strangers: readonly [number, number];
}

const pairOf = (user: number) => {
  const devices = OWNERS.flatMap((owner, device) => (owner === user ? [device] : []));
  return fc
    .shuffledSubarray(devices, { minLength: 2, maxLength: 2 })
    .map(([one = 0, two = 0]) => [one, two] as const);
};

const cast: fc.Arbitrary<Cast> = fc
  .record({ session: fc.nat(SESSIONS - 1), first: pairOf(0), second: pairOf(1), swapped: fc.boolean() })
  .map(({ session, first, second, swapped }) => {
    const [[phone, laptop], strangers] = swapped ? [second, first] : [first, second];
    return { session, phone, laptop, strangers };
  });

const sendFrom = (device: number, session: number): Step => {
  return { do: 'send', device, session, over: 'ack', key: null };
};
const joinFrom = (device: number, session: number): Step => ({ do: 'join', device, session, after: 'start' });

/** A device misses a burst: more than a page, if it is large. */
const outage = (burst: number) =>
  fc
    .tuple(cast, fc.boolean(), fc.boolean())
    .map(([{ session, phone, laptop }, afresh, isLong]): Batch[] => [
      [joinFrom(phone, session), sendFrom(laptop, session)],
      [{ do: 'cut', device: phone }],
      [isLong ? { do: 'burst', device: laptop, session, count: burst } : sendFrom(laptop, session)],
      [{ do: 'connect', device: phone, afresh }],
    ]);

/** A device leaves, and another one goes on. */
const farewell = cast.map(({ session, phone, laptop }): Batch[] => [
  [joinFrom(phone, session)],
  [{ do: 'leave', device: phone, session }],
  [sendFrom(laptop, session)],
]);

/** A session becomes another user's, one of whose devices was refused before. */
const handover = cast.map(({ session, phone, strangers: [early, late] }): Batch[] => [
  [joinFrom(phone, session)],
  [joinFrom(early, session)],
  [{ do: 'delete', device: phone, session }],
  [sendFrom(late, session)],
]);

/** Devices go on sending while another one joins the session, or deletes it. */
const contention = fc
  .tuple(cast, fc.boolean())
  .map(([{ session, phone, laptop }, joins]): Batch[] => [
    [
      { do: 'series', device: phone, session, count: SERIES },
      { do: 'send', device: laptop, session, over: 'REST', key: null },
      joins ? joinFrom(laptop, session) : { do: 'delete', device: laptop, session },
    ],
  ]);

/** Batches of any steps, among them scenes that any steps would seldom make. A burst sends so many messages. */
export function anyBatches(burst: number): fc.Arbitrary<Batch[]> {
  const steps = fc
    .array(anyStep, { minLength: 1, maxLength: 6, size: 'max' })
    .map((batch): Batch[] => [batch]);
  const part = fc.oneof(
    { weight: 10, arbitrary: steps },
    { weight: 1, arbitrary: outage(burst) },
    { weight: 1, arbitrary: farewell },
    { weight: 1, arbitrary: handover },
    { weight: 2, arbitrary: contention },
  );
  return fc.array(part, { minLength: 2, maxLength: 10, size: 'max' }).map((parts) => parts.flat());
}
