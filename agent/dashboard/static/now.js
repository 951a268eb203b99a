// Keeps a live page as new as the journal: texts come by server-sent events, the history when a half hour closes.
import { drawAll } from "./charts.js";

const lost = document.getElementById("lost");

function show(told) {
  for (const each of document.querySelectorAll("[data-live]")) {
    const key = each.dataset.live;
    if (!(key in told.text)) continue;
    if (each.textContent !== told.text[key]) each.textContent = told.text[key];
    if (each.classList.contains("banner")) each.hidden = !told.text[key];
    else if (told.state[key]) each.dataset.state = told.state[key];
    else delete each.dataset.state;
  }
  for (const each of document.querySelectorAll("[data-live-value]")) each.value = Number(told.text[each.dataset.liveValue] ?? each.value);
  const history = document.getElementById("history");
  if (told.text.history_end && told.text.history_end !== history.dataset.end) renew(history, told.text.history_end);
}

async function renew(history, end) {
  history.dataset.end = end;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = history.querySelector("details")?.open;
  history.replaceChildren(...page.getElementById("history").children);
  history.querySelector("details").open = Boolean(open);
  drawAll(history);
}

const source = new EventSource(document.querySelector("[data-events]").dataset.events);
source.onmessage = (event) => { lost.hidden = true; show(JSON.parse(event.data)); };
source.onerror = () => { lost.hidden = false; };
source.onopen = () => { lost.hidden = true; };
addEventListener("pagehide", () => source.close());
