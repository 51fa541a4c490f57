import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ParseResult, parse } from '@babel/parser';
import type { ClientExport, ClientMember } from '../web/docs/ClientEntry';

type File = ParseResult;
type Statement = File['program']['body'][number];
type Interface = Extract<Statement, { type: 'TSInterfaceDeclaration' }>;
type Declaration =
  | Interface
  | Extract<Statement, { type: 'FunctionDeclaration' | 'TSTypeAliasDeclaration' | 'ClassDeclaration' }>;
type ClassPart = Extract<Declaration, { type: 'ClassDeclaration' }>['body']['body'][number];
type TypePart = Interface['body']['body'][number];

/** A part of a file. */
interface Place {
  start?: number | null | undefined;
  end?: number | null | undefined;
  leadingComments?: readonly { type: string; value: string; end?: number }[] | null;
}

/** A file of the source, and its text. */
interface Source {
  path: string;
  text: string;
  statements: readonly Statement[];
}

/** What readers look for first. The other exports follow in the order of the module. */
const FIRST = ['createChatClient', 'ChatClient', 'ChatClientOptions', 'ChatClientEvents', 'ChatClientError'];

/** Reads what a module exports from other files: the declarations and their doc comments. Throws if it exports anything but functions, classes and types. */
export function readClientReference(modulePath: string): ClientExport[] {
  const index = readSource(modulePath);
  const found = index.statements.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || !statement.source) return [];
    const source = readSource(resolve(dirname(modulePath), `${statement.source.value}.ts`));
    return statement.specifiers.map((specifier) => {
      const name = specifier.exported.type === 'Identifier' ? specifier.exported.name : '';
      return describe(name, source);
    });
  });
  const first = FIRST.flatMap((name) => found.filter((each) => each.name === name));
  return [...first, ...found.filter(({ name }) => !FIRST.includes(name))];
}

function readSource(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const { program } = parse(text, { sourceType: 'module', plugins: ['typescript'] });
  return { path, text, statements: program.body };
}

function describe(name: string, source: Source): ClientExport {
  for (const statement of source.statements) {
    const declaration = declarationIn(statement, name);
    if (declaration) return { name, description: docOf(statement), ...detailsOf(declaration, source) };
  }
  throw new Error(`${source.path} declares no ${name}`);
}

/** The declaration of a name, exported or not, if a statement is that. */
function declarationIn(statement: Statement, name: string): Declaration | null {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  switch (declaration?.type) {
    case 'FunctionDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSInterfaceDeclaration':
    case 'ClassDeclaration':
      return declaration.id?.name === name ? declaration : null;
    default:
      return null;
  }
}

function detailsOf(
  declaration: Declaration,
  source: Source,
): Pick<ClientExport, 'kind' | 'code' | 'members'> {
  const { text } = source;
  const head = (body: Place) => textOf({ start: declaration.start, end: body.start }, text);
  switch (declaration.type) {
    case 'FunctionDeclaration':
      return { kind: 'function', code: head(declaration.body), members: [] };
    case 'TSTypeAliasDeclaration':
      return { kind: 'type', code: withLiterals(textOf(declaration, text), text), members: [] };
    case 'TSInterfaceDeclaration':
      return {
        kind: 'interface',
        code: head(declaration.body),
        members: interfaceMembers(declaration, source),
      };
    default: {
      const members = declaration.body.body.flatMap((part) => classMember(part, text));
      return { kind: 'class', code: head(declaration.body), members };
    }
  }
}

/** Replaces the type of the elements of a constant list by the elements. */
function withLiterals(code: string, text: string): string {
  return code.replace(/\(typeof (\w+)\)\[number\]/, (all, name: string) => {
    const [, elements] = new RegExp(`const ${name} = \\[([^\\]]+)\\] as const`).exec(text) ?? [];
    return (
      elements
        ?.split(',')
        .map((element) => element.trim())
        .join(' | ') ?? all
    );
  });
}

/** The members of an interface, after those that it inherits from others in its file. */
function interfaceMembers(declaration: Interface, source: Source): ClientMember[] {
  const inherited = (declaration.extends ?? []).flatMap(({ expression }) => {
    const name = expression.type === 'Identifier' ? expression.name : '';
    return describe(name, source).members;
  });
  return [...inherited, ...declaration.body.body.flatMap((part) => typeMembers(part, source.text))];
}

/** A member of an interface. One that groups others, such as `sessions`, becomes its members: `sessions.list`. */
function typeMembers(part: TypePart, text: string, prefix = ''): ClientMember[] {
  if (part.type === 'TSPropertySignature' && part.key.type === 'Identifier') {
    const type = part.typeAnnotation?.typeAnnotation;
    const { name } = part.key;
    if (type?.type === 'TSTypeLiteral' && type.members.some(({ type }) => type === 'TSMethodSignature')) {
      return type.members.flatMap((member) => typeMembers(member, text, `${prefix}${name}.`));
    }
  }
  return [{ code: `${prefix}${textOf(part, text)}`, description: docOf(part) }];
}

/** The public properties of a class. What it inherits or constructs is not of interest. */
function classMember(part: ClassPart, text: string): ClientMember[] {
  if (part.type !== 'ClassProperty' || part.accessibility === 'private') return [];
  return [{ code: textOf(part, text), description: docOf(part) }];
}

/** The text of a part without comments and without the indentation of its place. */
function textOf({ start, end }: Place, text: string): string {
  const code = text.slice(start ?? 0, end ?? 0);
  const column = (start ?? 0) - (text.lastIndexOf('\n', start ?? 0) + 1);
  return code
    .replaceAll(/\n? *\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(new RegExp(`\n {${column}}`, 'g'), '\n')
    .trim()
    .replace(/;$/, '');
}

/** The doc comment in front of a part; empty if it has none. */
function docOf({ leadingComments }: Place): string {
  const comment = leadingComments?.at(-1);
  if (comment?.type !== 'CommentBlock' || !comment.value.startsWith('*')) return '';
  return comment.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim();
}
