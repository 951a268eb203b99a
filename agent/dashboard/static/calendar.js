// A click on a day of the calendar leads to that day's half hours. The lists below it lead there without a mouse.
const calendar = document.querySelector(".calendar");

function plusDays(day, count) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

calendar?.addEventListener("click", (event) => {
  const strip = event.target.closest(".days");
  if (!strip) return;
  const box = strip.getBoundingClientRect();
  const days = Number(calendar.dataset.days);
  const place = Math.min(days - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * days)));
  const from = plusDays(calendar.dataset.firstDay, place);
  const query = new URLSearchParams({ line: strip.dataset.line, by: "half-hour", from, to: plusDays(from, 1) });
  location.assign(`/trace?${query}`);
});
