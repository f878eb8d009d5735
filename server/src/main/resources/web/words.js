// What scripts say, in the language of the screen: phrases come with it, plural forms are chosen by its rules.

/** @param {HTMLElement} sheet carries its phrases and its language */
export function speaker(sheet) {
  const phrases = JSON.parse(sheet.dataset.words ?? '{}');
  const rules = new Intl.PluralRules(sheet.lang || 'en');
  const numbers = new Intl.NumberFormat(sheet.lang || 'en');
  const fill = (line, places) => line.replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);
  return {
    has: (key) => key in phrases,
    say: (key, places = {}) => fill(phrases[key] ?? '', places),
    count: (key, count) => fill(phrases[`${key}.${rules.select(count)}`] ?? phrases[`${key}.other`] ?? '', { count: numbers.format(count) }),
  };
}
