// Tables that can be searched, sorted, thinned out and copied. Without this script they are as they were made.
'use strict';
(() => {
  const FEWEST = 8;
  const make = (name, text, values) => Object.assign(document.createElement(name), {textContent: text || ''}, values);
  const textOf = cell => cell ? cell.textContent.trim() : '';
  const numberOf = text => {
    const plain = text.replace(/,/g, '').replace(/^[−–]/, '-');
    return plain !== '' && !isNaN(plain) ? Number(plain) : null;
  };
  const compare = (a, b) => {
    if (a === '' || b === '') return (a === '') - (b === '');
    const x = numberOf(a), y = numberOf(b);
    return x !== null && y !== null ? x - y : a.localeCompare(b, 'en', {numeric: true});
  };

  function tools(table) {
    const body = table.tBodies[0], rows = Array.from(body.rows), heads = Array.from(table.tHead.rows[0].cells);
    if (rows.length < FEWEST || table.tHead.rows.length > 1) return;
    const bar = make('div', '', {className: 'tools'});
    const said = make('span', '', {className: 'found'});
    said.setAttribute('aria-live', 'polite');
    const search = make('input', '', {type: 'search', placeholder: 'Search rows'});
    search.setAttribute('aria-label', 'Search the rows of this table');
    const shown = () => rows.filter(row => !row.hidden);
    const tell = () => { const n = shown().length; said.textContent = n === rows.length ? `${n} rows` : `${n} of ${rows.length} rows`; };
    search.addEventListener('input', () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const text = Array.from(row.cells, textOf).join(' ').toLowerCase();
        row.hidden = !words.every(word => text.includes(word));
      }
      tell();
    });

    heads.forEach((head, column) => {
      const button = make('button', '', {type: 'button', className: 'sort'});
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === 'ascending';
        heads.forEach(each => each.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const keyed = rows.map((row, place) => [textOf(row.cells[column]), place, row]);
        keyed.sort((a, b) => {
          const order = compare(a[0], b[0]);
          const empty = a[0] === '' || b[0] === '';
          return (down && !empty ? -order : order) || a[1] - b[1];
        });
        body.append(...keyed.map(each => each[2]));
      });
    });

    const columns = make('details'), list = make('div', '', {className: 'columns'});
    columns.append(make('summary', 'Columns'), list);
    heads.forEach((head, column) => {
      const box = make('input', '', {type: 'checkbox', checked: true});
      const label = make('label');
      label.append(box, ` ${textOf(head)}`);
      list.append(label);
      box.addEventListener('change', () => {
        for (const row of [table.tHead.rows[0], ...rows]) row.cells[column].hidden = !box.checked;
      });
    });

    const copy = make('button', 'Copy', {type: 'button', title: 'Copy the rows and columns that are shown, for a spreadsheet'});
    copy.addEventListener('click', () => {
      const lines = [table.tHead.rows[0], ...Array.from(body.rows).filter(row => !row.hidden)].map(
        row => Array.from(row.cells).filter(cell => !cell.hidden).map(textOf).map(harmless).join('\t'));
      const area = make('textarea', '', {value: lines.join('\n')});
      document.body.append(area);
      area.select();
      document.execCommand('copy');  // as a file has no other clipboard in every browser
      area.remove();
      copy.textContent = 'Copied';
      setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
    });

    bar.append(search, said, columns, copy);
    const holder = table.closest('.wide') || table;
    holder.before(bar);
    tell();
  }

  // A spreadsheet would run a text with such a beginning; a number may begin with a sign.
  const harmless = text => /^[=+\-@]/.test(text) && numberOf(text) === null ? `'${text}` : text;

  document.querySelectorAll('main table:not(.made)').forEach(table => {
    if (table.tHead && table.tBodies.length) tools(table);
  });
})();
