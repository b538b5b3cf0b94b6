// Everything works without this file: htmx swaps parts of pages that are also whole
// pages, and the few lines below only make forms more comfortable.
import 'htmx.org';

// Printing is the one button that needs a script; it is hidden until there is one.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}

// Copying needs a script too, and a page that came safely.
for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}

// A form sent once is not sent again by a second click.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  if (form.method === 'post') form.dataset.sent = '1';
});
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

// After a swap the summary of errors takes the focus, so that it is read out.
document.addEventListener('htmx:after:swap', () => {
  document.querySelector('[data-focus]')?.focus();
});

// Choosing a filter or a date applies it; without a script the button does.
document.addEventListener('change', (event) => {
  const field = event.target.closest('[data-apply]');
  if (field) field.form.requestSubmit();
});
