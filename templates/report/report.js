(() => {
  const tip = document.getElementById('tip');
  const root = document.documentElement;

  // Light or dark: what the system says, until the button is pressed.
  const button = document.getElementById('theme');
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : systemDark.matches);
  const name = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    name();
  });
  systemDark.addEventListener('change', name);
  name();

  function show(mark) {
    const [title, ...lines] = mark.getAttribute('aria-label').split('\n');
    const line = (tag, words) => {
      const element = document.createElement(tag);
      element.textContent = words;
      return element;
    };
    tip.replaceChildren(line('b', title), ...lines.map((words) => line('span', words)));
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const x = Math.min(
      Math.max(8, at.left + at.width / 2 - own.width / 2),
      innerWidth - own.width - 8,
    );
    const above = at.top - own.height - 10;
    tip.style.left = `${Math.max(8, x)}px`;
    tip.style.top = `${above > 8 ? above : Math.min(at.bottom + 10, innerHeight - own.height - 8)}px`;
  }
  const hide = () => {
    tip.hidden = true;
  };

  // One mark of a plot is in the order of the tab key; arrows go to the others.
  for (const chart of document.querySelectorAll('svg.chart')) {
    const marks = [...chart.querySelectorAll('.mark')];
    const focus = (index) => {
      const next = marks[Math.min(Math.max(index, 0), marks.length - 1)];
      for (const mark of marks) mark.setAttribute('tabindex', mark === next ? '0' : '-1');
      next.focus();
    };
    marks[0]?.setAttribute('tabindex', '0');
    marks.forEach((mark, i) => {
      // The page shows its own words: the browser's would stand over them.
      mark.querySelector('title')?.remove();
      mark.addEventListener('mouseenter', () => show(mark));
      mark.addEventListener('mouseleave', hide);
      mark.addEventListener('focus', () => show(mark));
      mark.addEventListener('blur', hide);
      mark.addEventListener('click', () => focus(i));
      mark.addEventListener('keydown', (event) => {
        const to = {
          ArrowRight: i + 1,
          ArrowDown: i + 1,
          ArrowLeft: i - 1,
          ArrowUp: i - 1,
          Home: 0,
          End: marks.length - 1,
        }[event.key];
        if (event.key === 'Escape') hide();
        if (to === undefined) return;
        event.preventDefault();
        focus(to);
      });
    });
  }
  const follow = () => {
    const mark = document.activeElement?.closest('.mark');
    if (mark) show(mark);
    else hide();
  };
  addEventListener('scroll', follow, { passive: true, capture: true });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
  });
})();
