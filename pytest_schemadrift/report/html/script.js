"use strict";
// The page is complete without this: it adds the copying of SQL, and a filter for long lists of tables and for groups of tenants.
const said = document.getElementById("said");

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

for (const block of document.querySelectorAll(".copied")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${block.dataset.of}`);
  button.addEventListener("click", async () => {
    const pre = block.querySelector("pre");
    try {
      await navigator.clipboard.writeText(pre.textContent);
      said.textContent = button.textContent = "Copied";
    } catch {
      select(pre);
      said.textContent = button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 3000);
  });
  block.append(button);
}

for (const box of document.querySelectorAll(".filter")) {
  const items = [...box.parentElement.querySelectorAll(box.dataset.of === "tables" ? "li" : "tbody tr")];
  const folded = box.dataset.of === "tables" ? box.parentElement.querySelector("details") : null;
  const input = box.querySelector("input");
  box.hidden = false;
  input.addEventListener("input", () => {
    const word = input.value.trim().toLowerCase();
    let shown = 0;
    for (const item of items) {
      item.hidden = !item.textContent.toLowerCase().includes(word);
      shown += !item.hidden;
    }
    if (folded) folded.open = word !== "";
    said.textContent = `${shown} of ${items.length} ${box.dataset.of}`;
  });
}

// A picture that is wider than the window begins where something is not in sync.
for (const scroll of document.querySelectorAll("figure .scroll")) {
  const odd = [...scroll.querySelectorAll("svg .table:not(.same)")].map((table) => table.getBoundingClientRect());
  if (odd.length === 0 || scroll.scrollWidth <= scroll.clientWidth) continue;
  const left = Math.min(...odd.map((box) => box.left)), right = Math.max(...odd.map((box) => box.right));
  const fits = right - left <= scroll.clientWidth;
  const middle = fits ? (left + right) / 2 : left + scroll.clientWidth / 2 - 8;
  scroll.scrollLeft += middle - scroll.getBoundingClientRect().left - scroll.clientWidth / 2;
}

addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("article details")) folded.open = true;
});
