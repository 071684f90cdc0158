// "/" goes to the question; the page works without this.
document.addEventListener("keydown", (event) => {
  const field = document.getElementById("q");
  const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
  if (event.key === "/" && field && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});
// While an answer is looked for, the button says so, and a second press asks nothing more.
for (const form of document.querySelectorAll("form.ask")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.disabled = true;
    button.textContent = "Looking …";
  });
}
// A page that comes back from the browser's memory is ready again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
