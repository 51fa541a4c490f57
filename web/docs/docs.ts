/** What the API reference can do with a script: copy code, and search. Without it, the page is complete and readable. */

/** How long a button shows what it has done. */
const SHOWN_MS = 2_000;

for (const figure of document.querySelectorAll('figure.code')) addCopyButton(figure);
enableSearch();

function addCopyButton(figure: Element): void {
  const code = figure.querySelector('code');
  if (!code) return;
  const title = figure.querySelector('figcaption')?.textContent ?? 'code';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy ${title}`);
  const status = document.createElement('span');
  status.className = 'copied';
  status.setAttribute('role', 'status');
  button.addEventListener('click', async () => {
    status.textContent = (await copy(code)) ? 'Copied' : 'Selected: copy it with your keyboard';
    setTimeout(() => {
      status.textContent = '';
    }, SHOWN_MS);
  });
  figure.prepend(button, status);
}

/** Returns whether the text was copied. Otherwise it is selected. Browsers allow copying only on secure pages. */
async function copy(code: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return document.execCommand('copy');
  }
}

function enableSearch(): void {
  const search = document.querySelector<HTMLElement>('.find');
  const field = search?.querySelector('input');
  const status = search?.querySelector('[role=status]');
  if (!search || !field || !status) return;
  const entries = [...document.querySelectorAll<HTMLElement>('.entry')].map((element) => ({
    element,
    text: (element.textContent ?? '').toLowerCase(),
    links: document.querySelectorAll<HTMLElement>(
      `:is(.contents, .contents-small) li:has(> a[href="#${element.id}"])`,
    ),
  }));
  const groups = [...document.querySelectorAll<HTMLElement>('.group')];

  const lists = document.querySelectorAll(':is(.contents, .contents-small) ul');

  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { element, text, links } of entries) {
      const isFound = words.every((word) => text.includes(word));
      count += Number(isFound);
      for (const each of [element, ...links]) each.hidden = !isFound;
    }
    for (const group of groups) group.hidden = !group.querySelector('.entry:not([hidden])');
    for (const list of lists) {
      const isEmpty = !list.querySelector('li:not([hidden])');
      list.toggleAttribute('hidden', isEmpty);
      list.previousElementSibling?.toggleAttribute('hidden', isEmpty);
    }
    status.textContent = words.length > 0 ? summary(count) : '';
  };
  const clear = () => {
    field.value = '';
    filter();
  };

  search.hidden = false;
  field.addEventListener('input', filter);
  field.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') clear();
  });
  // A link may lead to an entry that is not found.
  addEventListener('hashchange', () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest('[hidden]')) return;
    clear();
    target.scrollIntoView();
  });
  // The browser may restore the text of the field.
  filter();
}

function summary(count: number): string {
  if (count === 0) return 'Nothing found. All words must be in one entry.';
  return count === 1 ? '1 entry' : `${count} entries`;
}
