/** A message of the user and its reply. */
export type Exchange = readonly [message: string, reply: string];

/** A conversation in the list. */
export interface Conversation {
  /** When it began. */
  minutesAgo: number;
  name: string;
  exchanges: readonly Exchange[];
}

/** The conversations that are stored before the screenshots are taken. */
export const CONVERSATIONS: readonly Conversation[] = [
  {
    minutesAgo: 8 * 24 * 60,
    name: 'Names for the cat',
    exchanges: [['Short, two syllables?', 'Miso, Pixel, Juno, Tofu.']],
  },
  {
    minutesAgo: 3 * 24 * 60,
    name: 'Reading list',
    exchanges: [
      ['Something about the sea', 'Try “The Outlaw Ocean” by Ian Urbina.'],
      ['And a short one?', '“The Old Man and the Sea”. One evening.'],
    ],
  },
  {
    minutesAgo: 26 * 60,
    name: 'Bread, second attempt',
    exchanges: [
      ['The crust was too hard', 'Leave the lid on for ten minutes longer, and let it cool on a rack.'],
      ['How long in all?', '25 minutes with the lid, 20 without.'],
    ],
  },
  {
    minutesAgo: 22 * 60,
    name: 'Weekend in Porto',
    exchanges: [
      [
        'Two days in Porto, no car. What should we not miss?',
        'Start at the Ribeira in the morning, before the boats fill up, and cross the upper deck of the Luís I bridge for the view.\n\nIn the afternoon: the tiles of São Bento station, then Livraria Lello.',
      ],
      ['Is the tram worth it?', 'Line 1 along the river is. It leaves from Infante, every half hour or so.'],
    ],
  },
];

/** The name of the conversation that the user has not read. */
export const UNREAD = 'Bread, second attempt';

/** The exchanges of today in the conversation about Porto. */
export const TODAY: readonly Exchange[] = [
  [
    'We land at 9:40. Enough time for breakfast before the museum?',
    'Plenty. The metro takes 30 minutes to **Trindade**, and Serralves opens at 10.',
  ],
  [
    'Make me a plan for the day, please',
    `### Saturday

| When | What | Tip |
| ---: | --- | --- |
| 10:30 | Breakfast at the *Bolhão* market | Try a \`pastel de nata\` |
| 12:00 | [Serralves](https://www.serralves.pt), museum and park | Allow two hours |
| 17:00 | Ribeira, then over the bridge | The light is best now |

**Before you go:**

- [x] Download the tickets
- [ ] Pack a jacket, as the evenings by the river are windy`,
  ],
];

/** Where the last reply of today pauses, as a model does. */
export const PAUSE = 'Pack a jacket';

/** The message that is sent without a connection. */
export const UNSENT = 'We are on the train, no signal in the tunnels. Which stop is it for the bridge?';
