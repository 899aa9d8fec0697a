// Sorting for those whose browser runs scripts; the page says everything without it.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  for (const head of table.querySelectorAll("th[data-column]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const column = Number(head.dataset.column);
      const numbers = head.dataset.kind === "number";
      const [first, second] = numbers ? ["descending", "ascending"] : ["ascending", "descending"];
      const direction = head.getAttribute("aria-sort") === first ? second : first;
      for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction);
      const key = (row) => row.cells[column].dataset.key;
      const compare = numbers ? (a, b) => key(a) - key(b) : (a, b) => key(a).localeCompare(key(b));
      const sign = direction === "ascending" ? 1 : -1;
      const rows = [...body.rows].sort((a, b) => sign * compare(a, b));
      body.append(...rows);
    });
  }
}
