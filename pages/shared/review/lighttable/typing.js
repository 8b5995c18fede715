// Which keys belong to what has the focus, and not to the page.

const TYPING =
  "input, textarea, select, [contenteditable], [role=slider], [role=listbox], [role=combobox], " +
  "[role=dialog], [data-testid=stDataFrame], [data-testid=stPopoverBody]";

/** Whether a key belongs to what has the focus: text, a list, a button reached by Tab. */
export function isTaken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (target.closest(TYPING)) return true;
  return (
    [" ", "Enter"].includes(event.key) &&
    target.matches("button:focus-visible, summary:focus-visible")
  );
}
