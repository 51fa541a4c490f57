/** A page with the Vue composables, for tests. The URL names the server, the account and the session. */
import { createApp, defineComponent, h, ref } from 'vue';
import { createChatClient } from '../../../client/src';
import { createChat, useConnection, useMessages, useSessions, useUser } from '../../../client/src/vue';

const {
  url = '',
  email = '',
  password = '',
  id = '',
} = Object.fromEntries(new URLSearchParams(location.search));
const client = createChatClient({ url });

const Conversation = defineComponent({
  props: { sessionId: { type: String, required: true } },
  setup(props) {
    const { messages, unsent, drafts, hasEarlier, send, stop, loadEarlier } = useMessages(
      () => props.sessionId,
    );
    const content = ref('');
    const button = (name: string, run: () => Promise<unknown>) =>
      h('button', { type: 'button', onClick: () => void run() }, name);
    return () => [
      h('ol', [
        ...messages.value.map(({ seq, sender, content }) => h('li', { key: seq }, `${sender}: ${content}`)),
        ...unsent.value.map((each) => h('li', { key: each.clientMessageId }, `unsent: ${each.content}`)),
        ...drafts.value.map(({ replyTo, text }) => h('li', { key: replyTo }, `draft: ${text}`)),
      ]),
      h('input', {
        value: content.value,
        onInput: ({ target }: Event) => {
          if (target instanceof HTMLInputElement) content.value = target.value;
        },
      }),
      button('Send', () => send(content.value)),
      button('Stop', () => stop()),
      hasEarlier.value ? button('Earlier', () => loadEarlier()) : null,
    ];
  },
});

const App = defineComponent({
  setup() {
    const [user, connection, { sessions, loadMore }] = [useUser(), useConnection(), useSessions()];
    const sessionId = ref(id);
    const isShown = ref(true);
    return () => [
      h('h1', `${user.value?.username ?? 'nobody'} ${connection.value}`),
      h('button', { type: 'button', onClick: () => void loadMore() }, 'More'),
      h('button', { type: 'button', onClick: () => (isShown.value = !isShown.value) }, 'Toggle'),
      ...sessions.value.map((session) =>
        h(
          'button',
          { type: 'button', onClick: () => (sessionId.value = session.id) },
          session.name ?? 'unnamed',
        ),
      ),
      isShown.value ? h(Conversation, { sessionId: sessionId.value }) : null,
    ];
  },
});

void client.logIn({ email, password }).then(() => createApp(App).use(createChat(client)).mount('#root'));
