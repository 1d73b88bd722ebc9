"use strict";
// The page is complete without this: it adds the copying of SQL, and a filter for long lists of tables.
const said = document.getElementById("said");
for (const block of document.querySelectorAll(".sql")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy the SQL of ${block.dataset.of}`);
  button.addEventListener("click", async () => {
    const text = block.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = button.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(block.querySelector("pre"));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      said.textContent = button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.append(button);
}
for (const box of document.querySelectorAll(".filter")) {
  const list = document.getElementById(box.dataset.list);
  const items = [...list.children];
  const input = box.querySelector("input");
  box.hidden = false;
  input.addEventListener("input", () => {
    const word = input.value.trim().toLowerCase();
    let shown = 0;
    for (const item of items) {
      item.hidden = !item.textContent.toLowerCase().includes(word);
      shown += !item.hidden;
    }
    said.textContent = `${shown} of ${items.length} tables`;
  });
}
