/**
 * The outline of a chat in React Native. The storage of a client returns its values at once, so what AsyncStorage has is loaded before the
 * client is created. Install `smart-chat-client` and `@react-native-async-storage/async-storage` 3 in an app of yours.
 */
import AsyncStorage from '@react-native-async-storage/async-storage';
import { useEffect, useState } from 'react';
import { Alert, Button, FlatList, Text, TextInput, View } from 'react-native';
import { type ChatClient, type ChatStorage, createChatClient } from 'smart-chat-client';
import {
  ChatProvider,
  useChatClient,
  useConnection,
  useMessages,
  useSessions,
  useUser,
} from 'smart-chat-client/react';

/** The address of the server as the phone sees it: the LAN address that the server prints at its start. */
const url = 'http://192.168.1.20:3001';

async function loadStorage(): Promise<ChatStorage> {
  const keys = (await AsyncStorage.getAllKeys()).filter((key) => key.startsWith('smart-chat '));
  const values = new Map(Object.entries(await AsyncStorage.getMany(keys)));
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem(key, value) {
      values.set(key, value);
      void AsyncStorage.setItem(key, value);
    },
    removeItem(key) {
      values.delete(key);
      void AsyncStorage.removeItem(key);
    },
  };
}

const loading = loadStorage().then((storage) => createChatClient({ url, storage }));

export default function App() {
  const [client, setClient] = useState<ChatClient | null>(null);
  useEffect(() => void loading.then(setClient), []);
  if (!client) return null;
  return (
    <ChatProvider client={client}>
      <Screen />
    </ChatProvider>
  );
}

function Screen() {
  const client = useChatClient();
  const user = useUser();
  const { sessions, status } = useSessions();
  const [latest] = sessions;
  if (!user) return <LogIn />;
  if (latest) return <Conversation sessionId={latest.id} />;
  const start = () => void client.sessions.create().catch(() => {});
  return status === 'ready' ? <Button title="Start a chat" onPress={start} /> : <Text>Loading</Text>;
}

function LogIn() {
  const client = useChatClient();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const logIn = () => client.logIn({ username, password }).catch((error: Error) => setProblem(error.message));
  return (
    <View>
      <TextInput value={username} onChangeText={setUsername} placeholder="Username" autoCapitalize="none" />
      <TextInput value={password} onChangeText={setPassword} placeholder="Password" secureTextEntry />
      <Button title="Log in" onPress={() => void logIn()} />
      <Text>{problem}</Text>
    </View>
  );
}

function Conversation({ sessionId }: { sessionId: string }) {
  const { messages, unsent, drafts, send } = useMessages(sessionId);
  const connection = useConnection();
  const [content, setContent] = useState('');
  const lines = [
    ...messages.map(({ seq, sender, content }) => ({ key: String(seq), text: `${sender}: ${content}` })),
    ...unsent.map((each) => ({ key: each.clientMessageId, text: `sending: ${each.content}` })),
    ...drafts.map(({ replyTo, text }) => ({ key: replyTo, text: `writing: ${text}` })),
  ];
  function submit() {
    setContent('');
    send(content).catch((error: Error) => {
      setContent((typed) => typed || content); // not lost, so that it can be changed and sent again
      Alert.alert(error.message);
    });
  }
  return (
    <View>
      <Text>{connection}</Text>
      <FlatList data={lines} renderItem={({ item }) => <Text>{item.text}</Text>} />
      <TextInput value={content} onChangeText={setContent} placeholder="Message" />
      <Button title="Send" onPress={submit} />
    </View>
  );
}
