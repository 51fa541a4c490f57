/** What the API reference can do with a script: copy code, show languages as tabs, and search. Without it, the page is complete and readable. */

/** How long a button shows what it has done. */
const SHOWN_MS = 2_000;
const LANGUAGE_KEY = 'smart-chat docs language';

for (const figure of document.querySelectorAll('figure.code')) addCopyButton(figure);
for (const [index, group] of document.querySelectorAll('.tabs').entries()) showAsTabs(group, `tabs-${index}`);
selectLanguage(storedLanguage());
enableSearch();

function addCopyButton(figure: Element): void {
  const code = figure.querySelector('code');
  if (!code) return;
  const title = figure.querySelector('pre')?.getAttribute('aria-label') ?? 'code';
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

/** Replaces the collapsible parts of a group by tabs. */
function showAsTabs(group: Element, id: string): void {
  const bar = document.createElement('div');
  bar.className = 'tab-bar';
  bar.setAttribute('role', 'tablist');
  bar.setAttribute('aria-label', 'Language');
  for (const details of group.querySelectorAll('details')) {
    const language = details.querySelector('summary')?.textContent ?? '';
    const panel = document.createElement('div');
    panel.id = `${id}-${language}`;
    panel.dataset.language = language;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-label', language);
    panel.append(...details.querySelectorAll('figure'));
    details.replaceWith(panel);
    bar.append(tabFor(panel, language));
  }
  bar.addEventListener('keydown', moveInTabs);
  group.prepend(bar);
}

function tabFor(panel: Element, language: string): HTMLButtonElement {
  const tab = document.createElement('button');
  tab.type = 'button';
  tab.textContent = language;
  tab.dataset.language = language;
  tab.setAttribute('role', 'tab');
  tab.setAttribute('aria-controls', panel.id);
  tab.addEventListener('click', () => chooseLanguage(tab));
  return tab;
}

/** Selects the language of a tab everywhere, and keeps the tab where it is on the screen. */
function chooseLanguage(tab: HTMLElement): void {
  const { language = '' } = tab.dataset;
  const { top } = tab.getBoundingClientRect();
  selectLanguage(language);
  scrollBy({ top: tab.getBoundingClientRect().top - top, behavior: 'instant' });
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // Storage is off or full: the language is chosen for this visit only.
  }
}

function storedLanguage(): string {
  try {
    return localStorage.getItem(LANGUAGE_KEY) ?? '';
  } catch {
    return '';
  }
}

/** Shows one language in all groups: the first one if none has this name. */
function selectLanguage(name: string): void {
  const tabs = [...document.querySelectorAll<HTMLElement>('.tab-bar [role=tab]')];
  const known = tabs.find(({ dataset }) => dataset.language === name) ?? tabs[0];
  for (const tab of tabs) {
    const isSelected = tab.dataset.language === known?.dataset.language;
    tab.setAttribute('aria-selected', String(isSelected));
    tab.tabIndex = isSelected ? 0 : -1;
  }
  for (const panel of document.querySelectorAll<HTMLElement>('[role=tabpanel]')) {
    panel.hidden = panel.dataset.language !== known?.dataset.language;
  }
}

function moveInTabs(event: KeyboardEvent): void {
  const tabs = [...document.querySelectorAll<HTMLElement>('.tab-bar [role=tab]')].filter((tab) =>
    tab.parentElement?.contains(document.activeElement),
  );
  const index = tabs.findIndex((tab) => tab.matches(':focus'));
  const targets: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    Home: 0,
    End: -1,
  };
  const target = targets[event.key];
  const next = target === undefined ? undefined : tabs.at(target % tabs.length);
  if (!next) return;
  event.preventDefault();
  next.focus();
  chooseLanguage(next);
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
