// Keeps a list of elements in step with a list of things, without touching what stays: focus and videos survive.

/** `items`: [key, thing] pairs; `make(key)` makes an element, `update(element, thing)` fills it. Returns the new. */
export function keep(parent, items, make, update) {
  const keys = new Set(items.map(([key]) => key));
  // Before the rest is put in order: what is only moved loses the focus, and its sound or picture for a moment.
  for (const element of [...parent.children]) if (!keys.has(element.dataset.key)) element.remove();
  const known = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  const made = [];
  items.forEach(([key, thing], index) => {
    let element = known.get(key);
    if (!element) {
      element = make(key);
      element.dataset.key = key;
      made.push(element);
    }
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    update(element, thing);
  });
  return made;
}

/** Cards of those who call: on a small screen they may come outside of what is seen of the page. */
export function bringIntoSight(cards) {
  for (const card of cards) card.scrollIntoView({ block: 'nearest' });
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function make(tag, className = '', ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}
