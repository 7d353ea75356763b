// Keeps a list of elements in step with a list of things, without touching what stays: focus and videos survive.

/** `items`: [key, thing] pairs; `make(key)` makes an element, `update(element, thing)` fills it. */
export function keep(parent, items, make, update) {
  const old = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  items.forEach(([key, thing], index) => {
    let element = old.get(key);
    old.delete(key);
    if (!element) {
      element = make(key);
      element.dataset.key = key;
    }
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    update(element, thing);
  });
  for (const element of old.values()) element.remove();
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
