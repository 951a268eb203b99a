// Charts of the year, and what keeps it from being closed: that takes the whole ledger, so it comes after the page.
import "./charts.js";

async function bring(section) {
  section.setAttribute("aria-busy", "true");
  const answer = await fetch(section.dataset.source).catch(() => null);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    section.replaceChildren(...page.getElementById("gate").children);
  }
  section.removeAttribute("aria-busy");
}

document.querySelectorAll("#gate[data-source]").forEach(bring);
