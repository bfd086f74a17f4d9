// Keys of the reading page: a category's key marks it, Enter decides, u undoes, n goes to the note.
"use strict";
const form = document.getElementById("decide");
if (form) {
  const boxes = [...form.querySelectorAll("input[data-key]")];
  const alone = (changed) => {
    if (!changed.checked) return;
    for (const box of boxes) {
      if (box !== changed && ("alone" in changed.dataset || "alone" in box.dataset)) box.checked = false;
    }
  };
  for (const box of boxes) box.addEventListener("change", () => alone(box));
  let sent = false;
  form.addEventListener("submit", (event) => { if (sent) event.preventDefault(); sent = true; });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    const at = event.target;
    const writing = at.matches("textarea, select") || (at.matches("input") && at.type !== "checkbox");
    if (writing) {
      if (event.key === "Escape") at.blur();
      if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.ctrlKey) return;
    if (event.key === "Enter" && !at.matches("button, a, summary")) { event.preventDefault(); form.requestSubmit(); return; }
    if (event.key === "u") { event.preventDefault(); document.getElementById("undo").requestSubmit(); return; }
    if (event.key === "n") { event.preventDefault(); document.getElementById("note").focus(); return; }
    const box = boxes.find((one) => one.dataset.key === event.key);
    if (box) { event.preventDefault(); box.checked = !box.checked; alone(box); }
  });
  // The bars follow once the comment is on the screen, so that reading never waits for them.
  const bars = document.getElementById("bars");
  fetch(bars.dataset.from, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((html) => { if (html) bars.innerHTML = html; })
    .catch(() => {}); // the reader went on before they came
}
