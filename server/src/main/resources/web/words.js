// What scripts say, in the language of the screen: phrases come with it, plural forms are chosen by its rules.

/** @param {HTMLElement} sheet carries its phrases and its language */
export function speaker(sheet) {
  const phrases = JSON.parse(sheet.dataset.words ?? '{}');
  const rules = new Intl.PluralRules(sheet.lang || 'en');
  // One kind of digits: the codes and ports beside them are never in those of Arabic.
  const numbers = new Intl.NumberFormat(sheet.lang || 'en', { numberingSystem: 'latn' });
  // As Language.isolated: the brackets of a name of another script stay where they are.
  const isolated = (text) => (sheet.dir === 'rtl' ? `\u2068${text}\u2069` : text);
  const fill = (line, places) => line.replace(/\{(\w+)\}/g, (whole, name) => (name in places ? isolated(places[name]) : whole));
  return {
    has: (key) => key in phrases,
    say: (key, places = {}) => fill(phrases[key] ?? '', places),
    count: (key, count) => fill(phrases[`${key}.${rules.select(count)}`] ?? phrases[`${key}.other`] ?? '', { count: numbers.format(count) }),
  };
}
